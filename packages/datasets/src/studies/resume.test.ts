import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readChexpertRclipStudies } from '../chexpert/source.js';
import { CHEXPERT_LABELS } from '../chexpert/studies.js';
import { readKermanyStudies } from '../kermany/studies.js';
import { readRsnaStudies } from '../rsna/studies.js';
import { listSizes } from '../study-file/list-sizes.js';
import type { RclipStudy } from './rclip-study.js';
import type { SourceOptions } from './source-options.js';
import { createUnitLog } from './unit-log.js';
import { writeRclipSource, type WriteRclipSourceOptions } from './write-rclip-studies.js';

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crrg-resume-'));
  out = path.join(root, 'out', 'studies.jsonl');
});
afterEach(() => rm(root, { recursive: true }));

async function files(all: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(all)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Films a to j, of which c, d and i are missing. */
const writeRsna = () =>
  files({
    'stage_2_train_labels.csv': `patientId,x,y,width,height,Target\n${[...'abcdefghij'].map((id) => `${id},,,,,0\n`).join('')}`,
    ...Object.fromEntries([...'abefghj'].map((id) => [`stage_2_train_images/${id}.dcm`, ''])),
  });

const writeChexpert = () => {
  const line = (split: string, patient: number) =>
    `CheXpert-v1.0/${split}/patient${patient}/study1/view1_frontal.jpg,Male,30,Frontal,AP,1.0${','.repeat(13)}\n`;
  const header = `Path,Sex,Age,Frontal/Lateral,AP/PA,${CHEXPERT_LABELS.join(',')}\n`;
  const image = (split: string, patient: number) =>
    `CheXpert-v1.0/${split}/patient${patient}/study1/view1_frontal.jpg`;
  return files({
    'CheXpert-v1.0/train.csv': header + [1, 2, 3, 4].map((patient) => line('train', patient)).join(''),
    'CheXpert-v1.0/valid.csv': header + [5, 6, 2].map((patient) => line('valid', patient)).join(''),
    'chexpert_5x200.csv':
      ',Path,Atelectasis,Cardiomegaly,Consolidation,Edema,Pleural Effusion,Report Impression\n' +
      [2, 7].map((patient) => `0,${image('train', patient)},0.0,1.0,0.0,0.0,0.0,Big heart.\n`).join(''),
    ...Object.fromEntries([1, 2, 4, 7].map((patient) => [image('train', patient), ''])),
    ...Object.fromEntries([5, 6].map((patient) => [image('valid', patient), ''])),
  });
};

const writeKermany = () =>
  files(
    Object.fromEntries(
      [
        'test/NORMAL/IM-1-1',
        'val/NORMAL/IM-2-1',
        'val/NORMAL/IM-1-2',
        'train/NORMAL/IM-3-1',
        'train/NORMAL/IM-4-1',
      ]
        .map((name) => [`${name}.jpeg`, ''])
        .concat(['test', 'val', 'train'].map((split) => [`${split}/PNEUMONIA/person1_virus_1.jpeg`, ''])),
    ),
  );

type Read = (source: SourceOptions) => AsyncIterable<RclipStudy>;

async function write(read: Read, stopAfter = Infinity, options: Partial<WriteRclipSourceOptions> = {}) {
  const units = createUnitLog();
  const controller = new AbortController();
  let heard = 0;
  const onStudy = () => {
    if (++heard === stopAfter) controller.abort(new Error('stopped'));
  };
  const studies = read({ units, skips: units.skips, signal: controller.signal });
  const all = { source: 'F', units, settings: {}, checkpointStudies: 2, onStudy, ...options };
  await writeRclipSource(studies, out, all);
  return heard;
}

const written = async () => [await readFile(out, 'utf8'), await readFile(`${out}.card.json`, 'utf8')];
const left = async () => (await readdir(path.dirname(out))).sort();

describe.each<[string, () => Promise<void>, Read]>([
  ['RSNA', writeRsna, (source) => readRsnaStudies(root, source)],
  ['CheXpert, of three lists,', writeChexpert, (source) => readChexpertRclipStudies(root, source)],
  ['Kermany, of six folders,', writeKermany, (source) => readKermanyStudies(root, source)],
])('a file of R-CLIP studies from %s', (_, make, read) => {
  it('is the same, to the byte, after a stop anywhere, and has its name only when it is whole', async () => {
    await make();
    const numStudies = await write(read);
    const whole = await written();
    expect(await left()).toEqual(['studies.jsonl', 'studies.jsonl.card.json']);
    for (let stop = 1; stop < numStudies; stop++) {
      await rm(path.dirname(out), { recursive: true });
      await expect(write(read, stop)).rejects.toThrow('stopped');
      expect(await left()).toEqual(['studies.jsonl.part', 'studies.jsonl.part.json']);
      expect(await write(read)).toBe(numStudies - stop);
      expect(await written()).toEqual(whole);
    }
  });
});

describe('a part of a file of R-CLIP studies', () => {
  const read: Read = (source) => readRsnaStudies(root, source);

  it('does not look again at films that are done', async () => {
    await writeRsna();
    await expect(write(read, 2)).rejects.toThrow('stopped');
    await rm(path.join(root, 'stage_2_train_images/a.dcm'));
    await write(read);
    const ids = (await written())[0]!
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as RclipStudy).id);
    expect(ids).toEqual([...'abefghj']);
  });

  it('of other settings is begun anew', async () => {
    await writeRsna();
    await expect(write(read, 2)).rejects.toThrow('stopped');
    expect(await write(read, Infinity, { settings: { root: 'another' } })).toBe(7);
  });

  it('keeps an id that comes again from being written', async () => {
    const twice: Read = async function* ({ units, signal }) {
      for (const id of ['a', 'b', 'a']) {
        signal?.throwIfAborted();
        if (units!.enter()) yield { id, split: 'train', images: [`${id}.png`] };
      }
    };
    await expect(write(twice, 2)).rejects.toThrow('stopped');
    await expect(write(twice)).rejects.toThrow('F: study 3: expected an id of its own');
    expect(await left()).toEqual(['studies.jsonl.part', 'studies.jsonl.part.json']);
  });

  it('is taken for another where a list has changed', async () => {
    await writeRsna();
    const before = await listSizes([root]);
    await writeFile(path.join(root, 'stage_2_train_labels.csv'), 'patientId,x,y,width,height,Target\n');
    expect(await listSizes([root])).not.toEqual(before);
    expect(Object.keys(before)).toEqual([path.join(root, 'stage_2_train_labels.csv')]);
    expect((await stat(path.join(root, 'stage_2_train_images'))).isDirectory()).toBe(true);
  });
});
