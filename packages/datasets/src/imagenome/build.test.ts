import { appendFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { afterEach, describe, expect, it } from 'vitest';
import { writeImagenomeTree, type MadeUpFilm } from '../__fixtures__/imagenome-tree.js';
import type { StudySplit } from '../region-study.js';
import { buildRrgRows, type BuildRowsOptions } from './build-rows.js';
import { buildImagenomeStudies, type BuildStudiesOptions } from './build-studies.js';
import { computeSplitStatistics } from './read-statistics.js';
import { locateImagenome, type ImagenomeRoots } from './roots.js';

const IGNORED = '0518c887-b80608ca-830de2d5-89acf0e2-bd3ec900';
const trees: string[] = [];

afterEach(async () => {
  for (const tree of trees.splice(0)) await rm(tree, { recursive: true });
});

async function treeOf(
  films: Partial<Record<StudySplit, readonly MadeUpFilm[]>>,
  avoid?: readonly string[],
): Promise<ImagenomeRoots> {
  const { root, roots } = await writeImagenomeTree({ train: [], valid: [], test: [], ...films }, avoid);
  trees.push(root);
  return roots;
}

/** Each image with its table or reason. */
async function fates(options: BuildRowsOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const outcome of buildRrgRows(options))
    found.push(`${outcome.listed.image} ${outcome.kind === 'row' ? outcome.table : outcome.reason}`);
  return found;
}

async function studyFates(options: BuildStudiesOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const outcome of buildImagenomeStudies(options))
    found.push(outcome.kind === 'study' ? outcome.study.id : `${outcome.listed.image} ${outcome.reason}`);
  return found;
}

const incomplete = { carina: null };

describe('the images of a split list', () => {
  it('on the list of failed exposures or of images to avoid are passed over, in all splits', async () => {
    const films = [{ image: IGNORED, graph: null, size: null }, { image: 'gold' }, { image: 'a' }];
    const roots = await treeOf({ train: films, valid: films, test: films }, ['gold']);
    for (const split of ['train', 'valid', 'test'] as const)
      expect(await fates({ roots, split })).toEqual([
        `${IGNORED} ignored image`,
        'gold image to avoid',
        `a ${split}`,
      ]);
  });

  it('without a JPEG are passed over', async () => {
    const roots = await treeOf({ train: [{ image: 'a', size: null }] });
    expect(await fates({ roots, split: 'train' })).toEqual(['a no picture']);
  });

  it('need findings in valid and test, and no report in train', async () => {
    const films = [
      { image: 'a', study: '1', report: null },
      { image: 'b', study: '2', report: '\n IMPRESSION: x\n' },
      { image: 'c', study: '50913680' },
      { image: 'd', study: '4' },
    ];
    const roots = await treeOf({ train: films, valid: films, test: films });
    expect(await fates({ roots, split: 'train' })).toEqual(['a train', 'b train', 'c train', 'd train']);
    for (const split of ['valid', 'test'] as const)
      expect(await fates({ roots, split })).toEqual([
        'a no report file',
        'b no findings section',
        'c excepted study',
        `d ${split}`,
      ]);
  });

  it('without all 29 boxes stay in train, leave valid, and go to test-2', async () => {
    const films = [{ image: 'a', boxes: incomplete }, { image: 'b' }];
    const roots = await treeOf({ train: films, valid: films, test: films });
    expect(await fates({ roots, split: 'train' })).toEqual(['a train', 'b train']);
    expect(await fates({ roots, split: 'valid' })).toEqual(['a region without box', 'b valid']);
    expect(await fates({ roots, split: 'test' })).toEqual(['a test-2', 'b test']);
  });

  it('are checked in the order: lists, picture, study, report, scene graph', async () => {
    const everythingMissing = { size: null, report: null, graph: null };
    const roots = await treeOf(
      {
        valid: [
          { image: 'a', study: '1', ...everythingMissing },
          { image: 'b', study: '1', ...everythingMissing },
          { image: 'c', study: '50913680', report: null, graph: null },
          { image: 'd', study: '2', report: null, graph: null },
          { image: 'e', study: '3', graph: null },
        ],
      },
      ['a'],
    );
    expect(await fates({ roots, split: 'valid' })).toEqual([
      'a image to avoid',
      'b no picture',
      'c excepted study',
      'd no report file',
      'e no scene graph',
    ]);
  });

  it('that cannot be read are passed over with the reason, and without any text of them', async () => {
    const roots = await treeOf({ train: [{ image: 'a', graph: '{secret' }, { image: 'b' }, { image: 'c' }] });
    await writeFile(path.join(roots.pictures, 'files/p10/p10000001/s50000001/b.jpg'), 'secret');
    const outcomes = [];
    for await (const outcome of buildRrgRows({ roots, split: 'train' })) outcomes.push(outcome);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['skipped', 'skipped', 'row']);
    expect(outcomes[0]).toMatchObject({ reason: 'unreadable scene graph' });
    expect(outcomes[1]).toMatchObject({ reason: 'unreadable picture' });
    expect(JSON.stringify(outcomes)).not.toContain('secret');
    expect(JSON.stringify(outcomes[0])).toContain('a_SceneGraph.json: expected JSON');
  });

  it('listed twice become two rows, lateral ones become rows', async () => {
    const roots = await treeOf({ train: [{ image: 'a' }, { image: 'b', view: 'LATERAL' }, { image: 'a' }] });
    expect(await fates({ roots, split: 'train' })).toEqual(['a train', 'b train', 'a train']);
  });

  it('have the size of the JPEG header, to which their boxes are cut', async () => {
    const roots = await treeOf({
      train: [{ image: 'a', size: [40, 30], boxes: { abdomen: [40, 0, 50, 10] } }],
    });
    for await (const outcome of buildRrgRows({ roots, split: 'train' })) {
      if (outcome.kind !== 'row') throw new Error(outcome.reason);
      expect(outcome.row.regions[0]!.box).toEqual({ x1: 10, y1: 10, x2: 40, y2: 30 });
      expect(outcome.row.regions[28]!.box).toBeNull();
    }
  });

  it('have their JPEG below the root of the pictures, with .jpg for .dcm', async () => {
    const roots = await treeOf({ test: [{ image: 'a', phrases: { carina: ['FINDINGS: of 10 mm.'] } }] });
    for await (const outcome of buildRrgRows({ roots, split: 'test', mode: 'mended' }))
      expect(outcome).toMatchObject({
        row: {
          subject: '10000001',
          study: '50000001',
          image: 'a',
          path: `${roots.pictures}/files/p10/p10000001/s50000001/a.jpg`,
          referenceReport: 'all clear.',
          regions: { 27: { text: 'Of 10 mm.', abnormal: false } },
        },
      });
  });
});

describe('a run over the lists', () => {
  it('keeps the order of the list, however many images are read at a time, and goes on behind rows that are done', async () => {
    const films = [...'abcdefghij'].map((image) => ({ image }));
    const roots = await treeOf({ train: films });
    const all = films.map(({ image }) => `${image} train`);
    expect(await fates({ roots, split: 'train', concurrency: 1 })).toEqual(all);
    expect(await fates({ roots, split: 'train', concurrency: 4 })).toEqual(all);
    expect(await fates({ roots, split: 'train', skipRows: 7 })).toEqual(all.slice(7));
  });

  it('can be stopped', async () => {
    const roots = await treeOf({ train: [...'abcdefghij'].map((image) => ({ image })) });
    const controller = new AbortController();
    const run = async () => {
      for await (const { listed } of buildRrgRows({ roots, split: 'train', signal: controller.signal }))
        if (listed.image === 'c') controller.abort(new Error('enough'));
    };
    await expect(run()).rejects.toThrow('enough');
  });

  it('finds the data set by its folder or by that of silver_dataset, and refuses another', async () => {
    const roots = await treeOf({ train: [{ image: 'a' }] });
    const inside = { ...roots, imagenome: `${roots.imagenome}/silver_dataset` };
    expect(await fates({ roots: inside, split: 'train' })).toEqual(['a train']);
    await expect(locateImagenome(roots.pictures)).rejects.toThrow(DataError);
  });

  it('reads lists by the names of their columns: images_to_avoid has no column of row numbers (trap T15), and may have one', async () => {
    const roots = await treeOf({ train: [{ image: 'gold' }, { image: 'a' }] }, ['gold']);
    const file = path.join(roots.imagenome, 'silver_dataset/splits/images_to_avoid.csv');
    await writeFile(file, ',subject_id,study_id,dicom_id,path,ViewPosition\n0,1,1,a,files/x.dcm,AP\n');
    expect(await fates({ roots, split: 'train' })).toEqual(['gold train', 'a image to avoid']);
  });

  it('is refused with file and line for a row that leads out of the folder or lacks a cell', async () => {
    const cases: [string, string][] = [
      ['1,10,50,b,../../secret.dcm,AP\n', 'train.csv: line 3: path: expected one below'],
      ['1,10,50,b,/secret.dcm,AP\n', 'train.csv: line 3: path: expected one below'],
      ['1,10,50,../b,files/b.dcm,AP\n', 'train.csv: line 3: dicom_id: expected letters'],
      ['1,10,,b,files/b.dcm,AP\n', 'train.csv: line 3: expected a value for study_id'],
    ];
    for (const [row, message] of cases) {
      const roots = await treeOf({ train: [{ image: 'a' }] });
      await appendFile(path.join(roots.imagenome, 'silver_dataset/splits/train.csv'), row);
      await expect(fates({ roots, split: 'train' })).rejects.toThrow(message);
    }
  });
});

describe('region studies of the lists', () => {
  it('hold each image once, with its view and split', async () => {
    const roots = await treeOf({
      train: [{ image: 'a', view: 'PA' }, { image: 'a' }],
      test: [{ image: 'b', view: '', boxes: incomplete }, { image: 'a' }],
    });
    expect(await studyFates({ roots })).toEqual(['a', 'a listed before', 'b', 'a listed before']);
    const views: unknown[] = [];
    for await (const outcome of buildImagenomeStudies({ roots }))
      if (outcome.kind === 'study')
        views.push([outcome.study.split, outcome.study.view, outcome.study.report]);
    expect(views).toEqual([
      ['train', 'PA', null],
      ['test', null, 'all clear.'],
    ]);
  });

  it('hold no box whose corners are not in order, and count them', async () => {
    const roots = await treeOf({ train: [{ image: 'a', boxes: { svc: [50, 10, 20, 40] } }] });
    for await (const outcome of buildImagenomeStudies({ roots }))
      expect(outcome).toMatchObject({ reversedBoxes: 1, study: { regions: { 23: { box: null } } } });
  });

  it('go on where a run stopped, with the images that it had', async () => {
    const roots = await treeOf({
      train: [{ image: 'a' }, { image: 'b' }],
      test: [{ image: 'a' }, { image: 'c' }],
    });
    const resume = { rowsDone: { train: 2 }, images: ['a', 'b'] };
    expect(await studyFates({ roots, resume })).toEqual(['a listed before', 'c']);
    expect(await studyFates({ roots, splits: ['test'] })).toEqual(['a', 'c']);
  });
});

it('statistics of a split take images without picture or report too; ignored, avoided and absent ones count as images alone', async () => {
  const roots = await treeOf(
    {
      valid: [
        { image: 'a', size: null, report: null, boxes: { svc: null, carina: [1, 1, 1, 1] } },
        { image: IGNORED, graph: null },
        { image: 'gold' },
        { image: 'none', graph: null },
      ],
    },
    ['gold'],
  );
  expect(await computeSplitStatistics(roots.imagenome, 'valid')).toMatchObject({
    images: 4,
    ignoredImages: 1,
    boxes: 28,
  });
});
