import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { preprocessRadiograph, RGRG_PREPROCESSING } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILM, lungsOnly, writeRegionFilms } from '../__fixtures__/region-studies.js';
import { readEntries, type RegionEntry } from './read-entries.js';
import { openRegionFilms } from './region-films.js';
import { regionSampleSource } from './region-samples.js';

let folder: string;
let entries: RegionEntry[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-region-films-'));
  entries = await readEntries(await writeRegionFilms(path.join(folder, 'films')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (name: string, memoryBytes?: number, some: readonly RegionEntry[] = entries) =>
  openRegionFilms(some, { size: 64, index: path.join(folder, `${name}.jsonl`), memoryBytes });

describe('films of region studies', () => {
  it('stay in memory while there is room, and are read again after that', async () => {
    const bytes = 64 * 53;
    const films = await open('room', 2 * bytes);
    const isKept = await Promise.all(
      entries.map(async ({ file }) => (await films.load(file)) === (await films.load(file))),
    );
    expect(isKept).toEqual([true, true, false, false, false, false]);
    const { image, original } = await films.load(entries[5]!.file);
    expect([image.width, image.height, original]).toEqual([64, 53, FILM]);
  });

  it('are looked at once: what is known of them is in the index, also after a line that was not finished', async () => {
    const films = await open('index');
    const index = path.join(folder, 'index.jsonl');
    const lines = await readFile(index, 'utf8');
    await writeFile(index, lines.slice(0, -20));
    const again = await open('index');
    for (const { file } of entries) expect(again.sha256Of(file)).toBe(films.sha256Of(file));
    expect((await readFile(index, 'utf8')).split('"sha256"').length - 1).toBe(7);
    await writeFile(entries[0]!.file, await readFile(entries[1]!.file));
    expect((await open('index')).sha256Of(entries[0]!.file)).toBe(films.sha256Of(entries[1]!.file));
  });

  it('are refused all at once, by study, where they are absent or have a box outside', async () => {
    const absent = { ...entries[0]!, file: path.join(folder, 'nothing.png') };
    const [first, ...others] = entries[1]!.study.regions;
    const box = { x1: FILM.width, y1: 0, x2: FILM.width + 9, y2: 9 };
    const outside = {
      ...entries[1]!,
      study: { ...entries[1]!.study, regions: [{ ...first!, box }, ...others] },
    };
    await expect(open('bad', undefined, [absent, outside])).rejects.toMatchObject({
      problems: [
        { subject: 'study 1', message: expect.stringContaining('nothing.png') as string },
        {
          subject: 'study 2',
          message: expect.stringContaining('film of 60 x 50 pixels, got 1 outside') as string,
        },
      ],
    });
  });
});

describe('a sample of a region study', () => {
  const options = { preprocessing: { ...RGRG_PREPROCESSING, size: 64 }, augment: false, maxLength: 9 };
  const sampleOf = async (entry: RegionEntry, augment = false) =>
    regionSampleSource(entry, { ...options, augment, films: await open('samples') })(createRandom(3));

  it('is the film as inference sees it, with the boxes in its frame', async () => {
    const sample = await sampleOf(entries[2]!);
    const film = preprocessRadiograph(await decodeImage(entries[2]!.file), options.preprocessing);
    expect(sample.image).toEqual(film.data);
    const { boxes, regions } = sample.groundTruth;
    expect([...regions]).toEqual([0, 8]);
    const right = film.transform.toInput({ x1: 8, y1: 7, x2: 26, y2: 38 });
    Object.values(right).forEach((value, at) => expect(boxes[at]).toBeCloseTo(value, 4));
    expect(sample.groundTruth.partialIn).toBeUndefined();
    expect((await sampleOf(entries[2]!, true)).image).not.toEqual(film.data);
  });

  it('says what is not known: regions that are not listed, and phrases where there are boxes alone', async () => {
    const study = lungsOnly([entries[2]!.study])[0]!;
    const partial = await sampleOf({ ...entries[2]!, study });
    const known = (flags: readonly boolean[] | undefined) => flags!.flatMap((is, at) => (is ? [at] : []));
    expect([known(partial.isAnnotated), known(partial.isDescribed)]).toEqual([
      [0, 8],
      [0, 8],
    ]);
    expect(partial.groundTruth.partialIn).toEqual({ x1: 0, y1: 5, x2: 64, y2: 58 });
    const bare = { ...study, regions: study.regions.map((each) => ({ ...each, text: '', abnormal: false })) };
    const boxes = await sampleOf({ ...entries[2]!, study: bare });
    expect([known(boxes.isAnnotated), known(boxes.isDescribed)]).toEqual([[0, 8], []]);
    const reported = await sampleOf({ ...entries[2]!, study: { ...bare, report: 'Clear.' } });
    expect(known(reported.isDescribed)).toEqual([0, 8]);
    expect((await sampleOf(entries[2]!)).isAnnotated).toBeUndefined();
  });
});
