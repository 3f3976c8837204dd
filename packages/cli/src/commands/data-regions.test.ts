import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import { formatRrgHeader, formatRrgRow } from '@crrg/datasets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-data-regions-'));
  out = path.join(root, 'studies.jsonl');
});
afterEach(() => rm(root, { recursive: true }));

describe('crrg data coco', () => {
  const set = JSON.stringify({
    images: [{ id: 1, file_name: 'a.png', width: 100, height: 80 }],
    categories: [
      { id: 1, name: 'carina' },
      { id: 2, name: 'nodule' },
    ],
    annotations: [
      { image_id: 1, category_id: 1, bbox: [10, 20, 30, 40] },
      { image_id: 1, category_id: 2, bbox: [1, 2, 3, 4] },
    ],
  });

  it('makes R-CLIP studies, or region studies, of the files that are named', async () => {
    const train = path.join(root, 'boxes.json');
    await writeFile(train, set);
    await writeFile(path.join(root, 'a.png'), '');
    const args = ['data', 'coco', '--root', root, '--train', train];
    const labels = await run([...args, '--out', out]);
    expect([labels.code, labels.stdout]).toEqual([0, `${out}\ntrain: 1 studies, 1 images, 0 with text\n`]);
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ labels: { carina: 1, nodule: 1 } });
    const regions = path.join(root, 'regions.jsonl');
    const boxes = await run([...args, '--out', regions, '--regions']);
    expect([boxes.code, boxes.stdout]).toEqual([
      0,
      `${regions}\ntrain: 1 studies, 1 boxes, 0 regions with text\nleft out: 1 box of no region\n`,
    ]);
  });

  it('asks for annotations', async () => {
    const { code, stderr } = await run(['data', 'coco', '--root', root, '--out', out]);
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'crrg: data coco: expected --train, --valid or --test, got none; name the annotations.',
    ]);
  });
});

describe('crrg data csv', () => {
  const row = {
    subject: '10',
    study: '50',
    image: 'a',
    path: '/films/a.jpg',
    regions: ANATOMICAL_REGIONS.map((region) => ({
      region,
      box: { x1: 1, y1: 2, x2: 3, y2: 4 },
      text: region === 'carina' ? "It's wide." : '',
      abnormal: false,
    })),
    referenceReport: 'Clear.',
  };

  it("makes region studies of RGRG's tables, and tables of region studies", async () => {
    const tables = path.join(root, 'tables');
    await mkdir(tables);
    await writeFile(path.join(tables, 'test.csv'), formatRrgHeader('test') + formatRrgRow(row, 'test'));
    const studies = await run(['data', 'csv', '--root', tables, '--out', out]);
    expect([studies.code, studies.stdout]).toEqual([
      0,
      `${out}\ntest: 1 studies, 29 boxes, 1 regions with text\n`,
    ]);
    const back = path.join(root, 'back');
    await mkdir(back);
    const args = ['data', 'csv', '--studies', out, '--to-csv', back];
    const { code, stdout } = await run(args);
    expect([code, stdout]).toEqual([
      0,
      `${back}\ntrain.csv: 0 rows\nvalid.csv: 0 rows\ntest.csv: 1 rows\ntest-2.csv: 0 rows\n`,
    ]);
    expect(await readFile(path.join(back, 'test.csv'), 'utf8')).toBe(
      await readFile(path.join(tables, 'test.csv'), 'utf8'),
    );
    const again = await run([...args, '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      schema: 'crrg/rrg-tables/1',
      rows: { train: 0, valid: 0, test: 1, 'test-2': 0, none: 0 },
    });
  });

  it('replaces no file of another origin, and wants to know from where to where', async () => {
    await writeFile(out, '');
    await writeFile(path.join(root, 'valid.csv'), 'mine');
    const mine = await run(['data', 'csv', '--studies', out, '--to-csv', root]);
    expect([mine.code, await readFile(path.join(root, 'valid.csv'), 'utf8')]).toEqual([2, 'mine']);
    const { code, stderr } = await run(['data', 'csv', '--root', root, '--to-csv', root]);
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'crrg: data csv: expected --root and --out, or --studies and --to-csv; name where the studies come from and go to.',
    ]);
  });
});
