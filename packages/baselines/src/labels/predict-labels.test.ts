import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRegionStudies } from '../__fixtures__/region-studies.js';
import { predictByMajority, predictByNeighbours } from './predict-labels.js';

let folder: string;
let studies: string;
const isIll = (index: number) => (index % 2) as 0 | 1;
const splitOf = (index: number) => (index < 8 ? 'train' : index < 12 ? 'valid' : 'test');

/** Eight films for training, of which four are ill; a study of two films and one of one to be asked. */
const lines = [
  ...Array.from({ length: 14 }, (_, index) => ({
    id: `s${index}`,
    patient: `p${index}`,
    split: splitOf(index),
    images: index === 13 ? ['films/13.png', 'films/15.png'] : [`films/${index}.png`],
    labels: {
      Opacity: isIll(index),
      Rare: index === 2 || index === 9 ? 1 : 0,
      ...(index === 12 && { 'Unknown in training': 1 }),
    },
  })),
  { id: 'silent', split: 'test', images: ['films/14.png'], sections: ['Clear.'] },
];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-labels-'));
  await writeRegionStudies(folder);
  studies = path.join(folder, 'rclip.jsonl');
  await writeFile(studies, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HEAD = 'id,patient,region,condition,label,score';

describe('labels of films', () => {
  it('by the majority have the share of the training films', async () => {
    const file = await predictByMajority(studies, { out: path.join(folder, 'majority') });
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      HEAD,
      's12,p12,,Opacity (majority),0,0.5',
      's12,p12,,Rare (majority),0,0.125',
      's13/1,p13,,Opacity (majority),1,0.5',
      's13/1,p13,,Rare (majority),0,0.125',
      's13/2,p13,,Opacity (majority),1,0.5',
      's13/2,p13,,Rare (majority),0,0.125',
      '',
    ]);
  });

  it('by the nearest films have the share of those', async () => {
    const options = { out: path.join(folder, 'nearest'), neighbours: 4 };
    const file = await predictByNeighbours(studies, options);
    expect((await readFile(file, 'utf8')).split('\n')).toEqual([
      HEAD,
      's12,p12,,Opacity (nearest films),0,0',
      's12,p12,,Rare (nearest films),0,0.25',
      's13/1,p13,,Opacity (nearest films),1,1',
      's13/1,p13,,Rare (nearest films),0,0',
      's13/2,p13,,Opacity (nearest films),1,1',
      's13/2,p13,,Rare (nearest films),0,0',
      '',
    ]);
  });

  it('need labelled films in both splits', async () => {
    const file = path.join(folder, 'unlabelled.jsonl');
    await writeFile(file, JSON.stringify(lines.at(-1)));
    await expect(predictByMajority(file, { out: folder })).rejects.toThrow('labels of the split train');
  });
});
