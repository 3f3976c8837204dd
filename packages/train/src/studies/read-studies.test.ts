import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStudies, trainingStudies } from './read-studies.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-studies-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(...studies: readonly object[]) {
  const file = path.join(folder, 'studies.jsonl');
  await writeFile(file, studies.map((study) => `${JSON.stringify(study)}\n`).join(''));
  return readStudies(file);
}

const study = (id: string, split: string, more: object = {}) => ({
  id,
  split,
  images: [`${id}.png`],
  ...more,
});
const labelled = (['train', 'valid'] as const).flatMap((split) =>
  [0, 1].map((value) => study(`${split}${value}`, split, { labels: { Pneumonia: value } })),
);

describe('a file of studies', () => {
  it('may hold studies for training, validation and test, with labels, texts or both', async () => {
    const studies = await read(
      ...labelled,
      study('text', 'train', { sections: ['Clear.'] }),
      study('test', 'test', { sections: ['Clear.'], labels: { Edema: 1 } }),
    );
    expect(studies.map(({ split }) => split)).toEqual(['train', 'train', 'valid', 'valid', 'train', 'test']);
    expect(trainingStudies(studies).map(({ id }) => id)).not.toContain('test');
  });

  it('may say what each image shows, null where unknown', async () => {
    const images = ['a.png', 'b.png'];
    const [first, second] = await read(
      study('s', 'train', { images, views: ['AP', null] }),
      study('t', 'train'),
    );
    expect([first!.views, second!.views]).toEqual([['AP', null], undefined]);
    const problem = (views: unknown) => read(study('s', 'train', { images, views })).then(() => '', String);
    expect(await problem(['AP'])).toContain('line 1: expected a view for each of 2 images, got 1');
    expect(await problem(['AP', 3])).toContain(
      'line 1: expected a list of names or null, one an image for views',
    );
  });

  it('may say every section in other words, null where there are none', async () => {
    const sections = ['Clear.', 'Normal heart.'];
    const [first] = await read(study('s', 'train', { sections, backTranslations: ['Free.', null] }));
    expect(first!.backTranslations).toEqual(['Free.', null]);
    const uneven = read(study('s', 'train', { sections, backTranslations: ['Free.'] }));
    await expect(uneven).rejects.toThrow('line 1: expected a back-translation for each of 2 sections, got 1');
  });

  it('has a patient in one split, the split test too', async () => {
    const reading = read(study('a', 'train', { patient: 'p' }), study('b', 'test', { patient: 'p' }));
    await expect(reading).rejects.toThrow(
      'line 2: expected a patient in one split, got it in test here and in train',
    );
  });
});
