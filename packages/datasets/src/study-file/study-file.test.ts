import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeImagenomeTree } from '../__fixtures__/imagenome-tree.js';
import type { ImagenomeRoots } from '../imagenome/roots.js';
import { findImagenomeRoots } from './find-roots.js';
import { writeImagenomeStudies, type WriteImagenomeOptions } from './write-imagenome.js';

let root: string;
let roots: ImagenomeRoots;
let out: string;

beforeEach(async () => {
  const films = (letters: string) => [...letters].map((image) => ({ image }));
  const odd = {
    image: 'x',
    boxes: { svc: [50, 10, 20, 40], carina: null },
    phrases: { spine: ['of 10 mm.'] },
  };
  ({ root, roots } = await writeImagenomeTree(
    {
      train: [...films('abc'), odd, { image: 'none', size: null }, ...films('ab')],
      valid: [...films('defg'), { image: 'h', report: null, study: '7' }],
      test: films('ijklm'),
    },
    ['k'],
  ));
  out = path.join(root, 'out', 'studies.jsonl');
});
afterEach(() => rm(root, { recursive: true }));

const write = (options: Partial<WriteImagenomeOptions> = {}) =>
  writeImagenomeStudies({ roots, out, ...options });
const written = async () => [await readFile(out, 'utf8'), await readFile(`${out}.card.json`, 'utf8')];
const left = async () => (await readdir(path.dirname(out))).sort();

/** Runs until so many rows are heard of, then stops. */
async function stopAfter(rows: number, checkpointRows: number): Promise<void> {
  const controller = new AbortController();
  let heard = 0;
  const onOutcome = () => {
    if (++heard === rows) controller.abort(new Error('stopped'));
  };
  await expect(write({ onOutcome, checkpointRows, signal: controller.signal })).rejects.toThrow('stopped');
}

describe('a file of studies', () => {
  it('stands beside a card with the counts of each split and each reason', async () => {
    const card = await write();
    expect(card.splits['train']).toEqual({
      listed: 7,
      studies: 4,
      skipped: { 'no picture': 1, 'listed before': 2 },
      boxes: 3 * 29 + 27,
      regionsWithoutBox: 2,
      reversedBoxes: 1,
      regionsWithText: 1,
      abnormalRegions: 0,
    });
    expect(card.splits['valid']).toMatchObject({ studies: 4, skipped: { 'no report file': 1 } });
    expect(card.splits['test']).toMatchObject({ studies: 4, skipped: { 'image to avoid': 1 } });
    const [studies, stored] = await written();
    expect(studies!.split('\n')).toHaveLength(12 + 1);
    expect(JSON.parse(stored!)).toEqual(card);
    expect(await left()).toEqual(['studies.jsonl', 'studies.jsonl.card.json']);
  });

  it('is the same, to the byte, after a stop anywhere, and has its name only when it is whole', async () => {
    await write();
    const whole = await written();
    for (const rows of [1, 4, 6, 8, 13]) {
      await rm(path.dirname(out), { recursive: true });
      await stopAfter(rows, 3);
      expect(await left()).toEqual(['studies.jsonl.part', 'studies.jsonl.part.json']);
      await stopAfter(1, 1);
      await write();
      expect(await written()).toEqual(whole);
    }
  });

  it('is the same after a kill, which leaves lines behind the last note', async () => {
    await write();
    const whole = await written();
    await rm(path.dirname(out), { recursive: true });
    await stopAfter(5, 2);
    await appendFile(`${out}.part`, '{"image":"half a line');
    await write();
    expect(await written()).toEqual(whole);
  });

  it('begins anew where the part is of another run, or its note is damaged', async () => {
    await stopAfter(5, 2);
    await write({ mode: 'mended' });
    expect((await written())[0]).toContain('Of 10 mm.');
    await stopAfter(5, 2);
    await writeFile(`${out}.part.json`, '{');
    await write();
    expect((await written())[0]).toContain('Of mm.');
  });

  it('goes on where it stopped, not from the start', async () => {
    await stopAfter(6, 1);
    const heard: string[] = [];
    await write({ onOutcome: ({ listed }) => heard.push(listed.image) });
    expect(heard[0]).not.toBe('a');
    expect(heard.length).toBeLessThan(13);
  });

  it('is not touched by a list that cannot be used', async () => {
    await write();
    const whole = await written();
    await appendFile(
      path.join(roots.imagenome, 'silver_dataset/splits/test.csv'),
      '9,1,2,../x,files/x.dcm,AP\n',
    );
    await expect(write()).rejects.toThrow('test.csv: line 7: dicom_id');
    expect(await written()).toEqual(whole);
  });
});

describe('the folders of the data sets', () => {
  it('are found below one, as PhysioNet names them, unless they are named', async () => {
    const genome = path.join(root, 'chest-imagenome/1.0.0/silver_dataset/splits');
    for (const folder of [
      genome,
      path.join(root, 'mimic-cxr/2.0.0/files'),
      path.join(root, 'mimic/mimic-cxr-jpg/files'),
    ])
      await mkdir(folder, { recursive: true });
    expect(await findImagenomeRoots(root)).toEqual({
      imagenome: `${root}/chest-imagenome/1.0.0`,
      reports: `${root}/mimic-cxr/2.0.0`,
      pictures: `${root}/mimic/mimic-cxr-jpg`,
    });
    expect(await findImagenomeRoots(root, { pictures: 'here' })).toMatchObject({ pictures: 'here' });
  });

  it('are asked for where they are not found', async () => {
    await expect(findImagenomeRoots(root)).rejects.toThrow(DataError);
    await expect(findImagenomeRoots(root)).rejects.toThrow('expected the folder of Chest ImaGenome');
  });
});
