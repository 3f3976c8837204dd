import type { AbortOptions } from '@crrg/core';
import { readRegionStudies, type StudySplit } from '@crrg/datasets/node';
import { writeReports } from '../studies/write-reports.js';
import { requireSplit } from '../studies/film-texts.js';
import { countMajority, type MajorityReport, type MajorityUnit } from './majority-report.js';

/** How {@link writeMajorityReports} writes. */
export interface MajorityOptions extends AbortOptions {
  /** Folder that gets `reports.jsonl`. */
  readonly out: string;
  /** Whose films. @defaultValue 'test' */
  readonly split?: StudySplit | undefined;
  /** Whole reports, or sentences by region. @defaultValue reports where any training study has one */
  readonly unit?: MajorityUnit | undefined;
}

/**
 * Writes the majority report of the training films for every film of a split. No picture is opened.
 * @param studies a JSONL file of region studies
 * @throws {DataError} for a line that is no study, a split without studies, or a training split that says nothing
 */
export async function writeMajorityReports(
  studies: string,
  { out, split = 'test', unit, signal }: MajorityOptions,
): Promise<MajorityReport & { readonly file: string }> {
  const counts = countMajority();
  const films: { id: string; image: string }[] = [];
  for await (const study of readRegionStudies(studies, { signal })) {
    if (study.split === 'train') counts.add(study);
    if (study.split === split) films.push({ id: study.id, image: study.image });
  }
  requireSplit(films, split, 'baselines.writeMajorityReports');
  const report = await counts.report(unit);
  const lines = films.map((film) => ({ ...film, text: report.text }));
  return { ...report, file: await writeReports(out, lines) };
}
