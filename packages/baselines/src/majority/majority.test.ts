import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReports, regionStudies, REPORTS, writeRegionStudies } from '../__fixtures__/region-studies.js';
import { countMajority } from './majority-report.js';
import { writeMajorityReports } from './write-majority.js';

type Said = Parameters<ReturnType<typeof countMajority>['add']>[0];

const said = (report: string | null, rightLung = '', heart?: string): Said => ({
  report,
  regions: [
    { region: 'right lung', box: null, text: rightLung, abnormal: false },
    ...(heart === undefined
      ? []
      : [{ region: 'cardiac silhouette' as const, box: null, text: heart, abnormal: false }]),
  ],
});

function count(studies: readonly Said[]) {
  const counts = countMajority();
  studies.forEach((study) => counts.add(study));
  return counts;
}

describe('the majority report', () => {
  it('is the most common report, the first of equally common ones', async () => {
    const counts = count([said('B.'), said('A.'), said(' '), said('A.'), said('B.'), said(null)]);
    expect(await counts.report()).toEqual({ text: 'B.', unit: 'report', counted: 4, occurrences: 2 });
  });

  it('is, without reports, of the regions that half of the films describe what is most often said of each', async () => {
    const counts = count([
      said(null, 'Clear.', 'Big.'),
      said(null, 'Opacity.', ''),
      said(null, 'Clear.', ''),
      said(null, ''),
    ]);
    expect(await counts.report()).toEqual({ text: 'Clear.', unit: 'regions', counted: 4 });
    counts.add(said('A.', 'Clear.', 'Big.'));
    expect((await counts.report('regions')).text).toBe('Clear. Big.');
  });

  it('counts only films in which a region was annotated, and says every sentence once', async () => {
    const counts = count([said(null, ''), said(null, ''), said(null, 'Clear.', 'Clear.')]);
    expect((await counts.report()).text).toBe('Clear.');
  });

  it('takes the regions that are described most often where no region is in half of the films', async () => {
    const studies = [said(null, 'Clear.', ''), said(null, '', 'Big.'), said(null, '', 'Big.')];
    const counts = count([...studies, said(null, '', ''), said(null, '', '')]);
    expect((await counts.report()).text).toBe('Big.');
  });

  it('is refused where nothing is said', async () => {
    await expect(count([said(null)]).report()).rejects.toThrow('expected sentences of regions');
    await expect(count([said(null, 'Clear.')]).report('report')).rejects.toThrow('count `unit` regions');
  });
});

describe('writing it', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crrg-majority-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('counts the training films alone and writes it for every film of the split', async () => {
    const studies = regionStudies().map((study, index) => ({
      ...study,
      report: study.split === 'train' ? REPORTS[index === 0 ? 0 : 1] : REPORTS[0],
    }));
    const file = await writeRegionStudies(folder, studies);
    const written = await writeMajorityReports(file, { out: path.join(folder, 'out') });
    expect(written).toMatchObject({ unit: 'report', counted: 8, occurrences: 7 });
    expect(parseReports(await readFile(written.file, 'utf8'))).toEqual(
      [12, 13, 14, 15].map((index) => ({ id: `f${index}`, image: `films/${index}.png`, text: REPORTS[1] })),
    );
    const trainOnly = studies.filter(({ split }) => split === 'train');
    const other = await writeRegionStudies(path.join(folder, 'train'), trainOnly);
    await expect(writeMajorityReports(other, { out: folder })).rejects.toThrow('of the split test, got none');
  });
});
