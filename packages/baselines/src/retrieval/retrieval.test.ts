import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import type { RclipModel } from '@crrg/pipeline';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReports, regionStudies, reportOf, writeRegionStudies } from '../__fixtures__/region-studies.js';
import type { BaselineEvent } from '../studies/events.js';
import { createNearest } from './nearest.js';
import { writeRetrievedReports } from './write-retrieved.js';

let folder: string;
let studies: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-retrieval-'));
  studies = await writeRegionStudies(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const textsIn = async (file: string) => parseReports(await readFile(file, 'utf8')).map(({ text }) => text);
const expected = [12, 13, 14, 15].map(reportOf);

describe('the nearest rows', () => {
  const rows = [
    [2, 0],
    [0, 3],
    [1, 1],
    [4, 4],
    [0, 0],
  ].map((row) => Float32Array.from(row));

  it('are those of the largest cosine, whatever their length, and the first of equal ones', () => {
    const nearest = createNearest(rows);
    expect(nearest(Float32Array.of(9, 9), 2).map(({ index }) => index)).toEqual([2, 3]);
    expect(nearest(Float32Array.of(0, -1), 5).map(({ index }) => index)).toEqual([0, 4, 2, 3, 1]);
    expect(nearest(Float32Array.of(5, 0), 1)[0]!.cosine).toBeCloseTo(1, 6);
  });
});

describe('reports of the nearest training film', () => {
  it('by thumbnails are those of films that look alike', async () => {
    const events: BaselineEvent[] = [];
    const options = {
      out: path.join(folder, 'pixels'),
      onProgress: (event: BaselineEvent) => void events.push(event),
    };
    const { file, features } = await writeRetrievedReports(studies, options);
    expect(features).toBe('pixels');
    expect(await textsIn(file)).toEqual(expected);
    expect(events.find(({ type }) => type === 'texts-end')).toMatchObject({ fromReport: 0, fromRegions: 8 });
    expect(events.at(-1)).toEqual({ type: 'report-end', done: 4, total: 4 });
  });

  it('by features of an image encoder are those of films that look alike to it', async () => {
    const config = parseRclipConfig({
      imageEncoder: { imageSize: 32, stemWidth: 4, planes: [4, 4, 4, 8], blocks: [1, 1, 1, 1] },
      textEncoder: null,
      probe: { labels: ['Pneumonia'] },
    });
    const model: RclipModel = {
      ...{ name: 'encoder', version: '2', sha256: '0'.repeat(64), config, tokenizer: undefined },
      preprocessing: { ...IMAGENET_PREPROCESSING, size: 32 },
      weights: initializeParameters(rclipSpecs(config), createRandom(2)),
    };
    const options = { model, threads: 1, out: path.join(folder, 'encoder') };
    const { file, features } = await writeRetrievedReports(studies, options);
    expect(features).toBe('encoder 2');
    expect(await textsIn(file)).toEqual(expected);
  });

  it('are of other splits where asked, and need films with a text', async () => {
    const { file } = await writeRetrievedReports(studies, {
      split: 'valid',
      out: path.join(folder, 'valid'),
    });
    expect(await textsIn(file)).toEqual([8, 9, 10, 11].map(reportOf));
    const silent = regionStudies().map((study) => ({ ...study, regions: [], report: null }));
    const other = await writeRegionStudies(path.join(folder, 'silent'), silent);
    await expect(writeRetrievedReports(other, { out: folder })).rejects.toThrow(
      'studies of the split train, got none',
    );
  });
});
