import path from 'node:path';
import { ANATOMICAL_REGIONS, createProblemList, type ProblemList } from '@crrg/core';
import type { RegionStudy } from '@crrg/datasets';
import { readRegionStudyLines } from '@crrg/datasets/node';

/** A region study with where it stands and how its film is opened. */
export interface RegionEntry {
  /** `FILE: line 3`, for messages. */
  readonly subject: string;
  /** Path of the film. */
  readonly file: string;
  readonly study: RegionStudy;
}

/** Where the entries of a study file are used. */
export type TrainingEntries = Readonly<Record<'train' | 'valid', readonly RegionEntry[]>>;

/** Patients and films stay in one split. */
function checkSplits(entries: readonly RegionEntry[], problems: ProblemList): void {
  const owners = new Map<string, RegionEntry>();
  for (const entry of entries) {
    const { patient } = entry.study;
    const keys = [
      ...(patient === null ? [] : [['patient', patient] as const]),
      ['film', entry.file] as const,
    ];
    for (const [what, value] of keys) {
      const owner = owners.get(`${what} ${value}`);
      if (!owner) owners.set(`${what} ${value}`, entry);
      else if (owner.study.split !== entry.study.split)
        problems.add(
          entry.subject,
          `expected a ${what} in one split, got it in ${entry.study.split} here and in ${owner.study.split} in ${owner.subject}; move one of the studies.`,
        );
    }
  }
}

/** The lines of a file that are studies; the others are problems. */
async function readFile(
  file: string,
  problems: ProblemList,
  signal: AbortSignal | undefined,
): Promise<RegionEntry[]> {
  const entries: RegionEntry[] = [];
  for await (const line of readRegionStudyLines(file, { signal }))
    if ('problem' in line) problems.add(line.where, line.problem);
    else entries.push(entryOf(line.study, line.where, path.dirname(file)));
  return entries;
}

const entryOf = (study: RegionStudy, subject: string, folder: string): RegionEntry => ({
  subject,
  file: path.resolve(folder, study.image),
  study,
});

/**
 * The studies of a file or of memory, checked one by one and against each other; films are not looked at. Paths in a file are relative to it.
 * @throws {InputErrors} with every line that is no study, and every patient and film in two splits
 */
export async function readEntries(
  studies: string | readonly RegionStudy[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RegionEntry[]> {
  const problems = createProblemList();
  const entries =
    typeof studies === 'string'
      ? await readFile(studies, problems, options.signal)
      : studies.map((study, at) => entryOf(study, `study ${at + 1}`, '.'));
  problems.check();
  checkSplits(entries, problems);
  problems.check();
  return entries;
}

/** True where a study says of every region whether it is in the film. */
export const isWhole = ({ regions }: RegionStudy): boolean => regions.length === ANATOMICAL_REGIONS.length;

/** True where a study says something of phrases and findings, not of boxes alone. */
export const isDescribed = (study: RegionStudy): boolean =>
  isWhole(study) ||
  study.report !== null ||
  study.regions.some(({ text, abnormal }) => text !== '' || abnormal);
