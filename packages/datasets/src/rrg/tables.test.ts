import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRegionStudies } from '../region-studies/read.js';
import type { RegionStudy } from '../region-study.js';
import { createSkipCounts } from '../studies/skips.js';
import { writeRegionStudies } from '../study-file/write-region-studies.js';
import { formatRrgHeader, formatRrgRow } from './csv-out.js';
import type { RrgRow, RrgTable } from './row.js';
import { readRrgTables, writeRrgTables } from './tables.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-tables-'));
});
afterAll(() => rm(folder, { recursive: true }));

const row = (image: string, change: Partial<RrgRow> = {}, lacksBox = false): RrgRow => ({
  subject: '10',
  study: '50',
  image,
  path: `/films/${image}.jpg`,
  regions: ANATOMICAL_REGIONS.map((region, at) => ({
    region,
    box: lacksBox && at === 5 ? null : { x1: 1, y1: 2, x2: 30, y2: 40 },
    text: at === 0 ? `It's "${image}".` : '',
    abnormal: at === 1,
  })),
  referenceReport: 'Clear, "quoted".',
  ...change,
});

async function tables(name: string, rows: Readonly<Partial<Record<RrgTable, readonly RrgRow[]>>>) {
  const place = path.join(folder, name);
  await mkdir(place, { recursive: true });
  for (const [table, list] of Object.entries(rows) as [RrgTable, readonly RrgRow[]][])
    await writeFile(
      path.join(place, `${table}.csv`),
      formatRrgHeader(table) + list.map((each) => formatRrgRow(each, table)).join(''),
    );
  return place;
}

async function all(studies: AsyncIterable<RegionStudy>): Promise<RegionStudy[]> {
  const list: RegionStudy[] = [];
  for await (const study of studies) list.push(study);
  return list;
}

describe("RGRG's tables", () => {
  it('become studies and tables again, to the byte', async () => {
    const before = await tables('before', {
      train: [row('a'), row('b', {}, true)],
      valid: [row('c')],
      test: [row('d')],
      'test-2': [row('e', {}, true)],
    });
    const out = path.join(folder, 'studies.jsonl');
    const card = await writeRegionStudies(readRrgTables(before), out, { source: 'T' });
    expect(card.splits).toMatchObject({
      train: { studies: 2, regionsWithoutBox: 1, regionsWithText: 2, abnormalRegions: 2 },
      valid: { studies: 1 },
      test: { studies: 2 },
    });
    expect(JSON.parse(await readFile(`${out}.card.json`, 'utf8'))).toEqual(card);
    const after = path.join(folder, 'after');
    await mkdir(after);
    expect(await writeRrgTables(out, after)).toEqual({ train: 2, valid: 1, test: 1, 'test-2': 1, none: 0 });
    for (const table of ['train', 'valid', 'test', 'test-2'])
      expect(await readFile(path.join(after, `${table}.csv`), 'utf8')).toBe(
        await readFile(path.join(before, `${table}.csv`), 'utf8'),
      );
  });

  it('keep relative paths of films leading to the film', async () => {
    const place = await tables('relative', { train: [row('a', { path: 'films/a.jpg' })] });
    const out = path.join(folder, 'relative.jsonl');
    await writeRegionStudies(readRrgTables(path.relative('', place)), out, { source: 'T' });
    const [study] = await all(readRegionStudies(out));
    expect(study!.image).toBe(path.join('relative', 'films', 'a.jpg'));
    await writeRrgTables(out, folder);
    expect(await readFile(path.join(folder, 'train.csv'), 'utf8')).toContain(
      path.join(place, 'films', 'a.jpg'),
    );
  });

  it('count boxes that are not in order, and validation films that have no table', async () => {
    const reversed = row('a').regions.map((region, at) =>
      at === 2 ? { ...region, box: { x1: 9, y1: 2, x2: 3, y2: 4 } } : region,
    );
    const place = await tables('odd', { valid: [row('a', { regions: reversed })] });
    const skips = createSkipCounts();
    const out = path.join(folder, 'odd.jsonl');
    const card = await writeRegionStudies(readRrgTables(place, { skips }), out, { source: 'T', skips });
    expect(card.skipped).toEqual({ 'box with corners in the wrong order': 1 });
    expect(await writeRrgTables(out, folder)).toMatchObject({ valid: 0, none: 1 });
  });

  it('are asked for where there are none, and an image comes once', async () => {
    await expect(all(readRrgTables(path.join(folder, 'none')))).rejects.toThrow(
      'expected one of train.csv, valid.csv, test.csv, test-2.csv, got none',
    );
    const place = await tables('twice', { train: [row('a')], test: [row('a')] });
    const out = path.join(folder, 'twice.jsonl');
    await expect(writeRegionStudies(readRrgTables(place), out, { source: 'T' })).rejects.toThrow(
      'T: study 2: expected an id of its own',
    );
    await expect(readFile(out)).rejects.toThrow();
  });
});
