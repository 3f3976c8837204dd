import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ConfigError, DataError, type AbortOptions } from '@crrg/core';
import { readRegionStudies, type RegionStudy, type StudySplit } from '@crrg/datasets/node';

/** Which studies of a file are evaluated. */
export interface StudyChoice extends AbortOptions {
  /** @defaultValue 'test' */
  readonly split?: StudySplit | 'all' | undefined;
  /** Only so many, the first of the file. @defaultValue all */
  readonly firstRows?: number | undefined;
}

/** SHA-256 of a file, read in pieces. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The first studies that are kept. @throws {DataError} for none */
export function chooseStudies<Study extends { readonly split: string }>(
  file: string,
  studies: readonly Study[],
  { split = 'test', firstRows = Infinity }: StudyChoice,
): Study[] {
  if (firstRows !== Infinity && !(Number.isSafeInteger(firstRows) && firstRows > 0))
    throw new ConfigError(
      `evaluate: expected \`firstRows\` to be a whole number from 1, got ${firstRows}; leave it out for all.`,
    );
  const chosen = studies.filter((study) => split === 'all' || study.split === split).slice(0, firstRows);
  if (chosen.length > 0) return chosen;
  const found = [...new Set(studies.map((study) => study.split))].join(', ');
  throw new DataError(
    `${file}: expected studies of the split ${split}, got ${studies.length === 0 ? 'none at all' : `those of ${found}`}; choose another split.`,
  );
}

/** The region studies of a split. @throws {DataError} for a file that is not of region studies, or has none of the split */
export async function readChosenStudies(file: string, choice: StudyChoice): Promise<RegionStudy[]> {
  const studies: RegionStudy[] = [];
  for await (const study of readRegionStudies(file, choice)) studies.push(study);
  return chooseStudies(file, studies, choice);
}
