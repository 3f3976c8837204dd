import { ANATOMICAL_REGIONS, DataError, type AnatomicalRegion } from '@crrg/core';
import type { RegionStudy } from '@crrg/datasets';
import { assembleReport } from '@crrg/report-gen';
import { countTexts } from './most-common.js';

/** Whether whole reports are counted, or the sentences of each region. */
export type MajorityUnit = 'report' | 'regions';

/** One report for every film. */
export interface MajorityReport {
  readonly text: string;
  readonly unit: MajorityUnit;
  /** Films of the training split that were counted. */
  readonly counted: number;
  /** Films with exactly this report; undefined for regions. */
  readonly occurrences?: number | undefined;
}

interface RegionCounts {
  /** Films in which the region was annotated, and in which something was said of it. */
  annotated: number;
  described: number;
  readonly texts: ReturnType<typeof countTexts>;
}

/** Counts what the studies of the training split say. */
export interface MajorityCounts {
  add(study: Pick<RegionStudy, 'report' | 'regions'>): void;
  /**
   * The majority report.
   * @param unit whole reports, or sentences by region. @defaultValue reports where any study has one
   * @throws {DataError} where there is nothing of that kind
   */
  report(unit?: MajorityUnit): Promise<MajorityReport>;
}

/** Regions that most films describe, or, where there is none, those that are described most often. */
function commonRegions(counts: ReadonlyMap<AnatomicalRegion, RegionCounts>): AnatomicalRegion[] {
  const share = (region: AnatomicalRegion) => {
    const { described = 0, annotated = 1 } = counts.get(region) ?? {};
    return described / annotated;
  };
  const limit = Math.min(0.5, Math.max(...ANATOMICAL_REGIONS.map(share)));
  return limit === 0 ? [] : ANATOMICAL_REGIONS.filter((region) => share(region) >= limit);
}

/**
 * The majority baseline of reports: the most common report of the training films; or, of the regions that at least half of them describe,
 * the most common text each, assembled as the report model assembles its sentences. Of equally common texts the first counts.
 */
export function countMajority(): MajorityCounts {
  const reports = countTexts();
  const regions = new Map<AnatomicalRegion, RegionCounts>();
  let [numStudies, numReports] = [0, 0];

  const add: MajorityCounts['add'] = ({ report, regions: annotations }) => {
    numStudies += 1;
    if (report !== null && report.trim() !== '') {
      numReports += 1;
      reports.add(report);
    }
    for (const { region, text } of annotations) {
      const counts = regions.get(region) ?? { annotated: 0, described: 0, texts: countTexts() };
      regions.set(region, counts);
      counts.annotated += 1;
      if (text.trim() === '') continue;
      counts.described += 1;
      counts.texts.add(text);
    }
  };

  const ofReports = (): MajorityReport => {
    const best = reports.mostCommon();
    if (best) return { text: best.text, unit: 'report', counted: numReports, occurrences: best.count };
    throw new DataError(
      'baselines.countMajority: expected reports in the split train, got none; count `unit` regions.',
    );
  };

  const ofRegions = async (): Promise<MajorityReport> => {
    const sentences = commonRegions(regions).map((region) => ({
      region,
      text: regions.get(region)!.texts.mostCommon()!.text,
    }));
    if (sentences.length === 0)
      throw new DataError(
        'baselines.countMajority: expected sentences of regions in the split train, got none; give studies with texts.',
      );
    const { text } = await assembleReport(sentences);
    return { text, unit: 'regions', counted: numStudies };
  };

  return {
    add,
    report: async (unit = numReports > 0 ? 'report' : 'regions') =>
      unit === 'report' ? ofReports() : ofRegions(),
  };
}
