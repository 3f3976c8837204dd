import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSkipCounts } from '../studies/skips.js';
import { readCocoRegionStudies, readCocoStudies } from './read-coco.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-coco-'));
  for (const name of ['a.png', 'b.png']) await writeFile(path.join(root, name), '');
});
afterAll(() => rm(root, { recursive: true }));

async function coco(name: string, images: readonly string[]): Promise<string> {
  const file = path.join(root, name);
  const set = {
    images: images.map((file_name, id) => ({ id, file_name, width: 100, height: 80 })),
    categories: [
      { id: 1, name: 'carina' },
      { id: 2, name: 'nodule' },
    ],
    annotations: [{ image_id: 0, category_id: 1, bbox: [10, 20, 30, 40] }],
  };
  await writeFile(file, JSON.stringify(set));
  return file;
}

async function all<T>(studies: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const study of studies) list.push(study);
  return list;
}

describe('COCO files', () => {
  it('become studies with a label a category, by the split of the file; missing pictures are counted', async () => {
    const files = {
      train: await coco('train.json', ['a.png', 'x.png']),
      test: await coco('test.json', ['b.png']),
    };
    const skips = createSkipCounts();
    const studies = await all(readCocoStudies({ files, images: root }, { skips }));
    expect(studies.map(({ id, split, images, labels }) => [id, split, images, labels])).toEqual([
      ['a.png', 'train', [path.join(root, 'a.png')], { carina: 1, nodule: 0 }],
      ['b.png', 'test', [path.join(root, 'b.png')], { carina: 1, nodule: 0 }],
    ]);
    expect(skips.counts).toEqual({ 'image file missing': 1 });
  });

  it('become region studies of the categories that are regions', async () => {
    const files = { valid: await coco('valid.json', ['a.png']) };
    const [study] = await all(readCocoRegionStudies({ files, images: root }));
    expect(study).toMatchObject({
      id: 'a.png',
      split: 'valid',
      image: path.join(root, 'a.png'),
      report: null,
    });
    expect(study!.regions).toEqual([
      { region: 'carina', box: { x1: 10, y1: 20, x2: 40, y2: 60 }, text: '', abnormal: false },
    ]);
  });

  it('are asked for where they are not there', async () => {
    const files = { train: path.join(root, 'none.json') };
    await expect(all(readCocoStudies({ files, images: root }))).rejects.toThrow(
      'none.json: expected a COCO file, got none; name it.',
    );
  });
});
