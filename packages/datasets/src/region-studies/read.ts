import { DataError } from '@crrg/core';
import { readLines } from '../files/lines.js';
import type { RegionStudy } from '../region-study.js';
import { parseRegionStudy } from './lines.js';

/** A line of a file of region studies: a study, or why it is none. */
export type RegionStudyLine =
  | { readonly where: string; readonly study: RegionStudy }
  | {
      /** `FILE: line 3`. */
      readonly where: string;
      /** Without `where` and what the line holds. */
      readonly problem: string;
    };

/**
 * The lines of a file of region studies, read as they are asked for, those that are no study too. Blank lines are passed over.
 *
 * @example
 * ```ts
 * for await (const line of readRegionStudyLines('studies.jsonl')) if ('problem' in line) console.error(line.where, line.problem);
 * ```
 * @throws {@link DataError} for bytes that are no UTF-8
 */
export async function* readRegionStudyLines(
  file: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<RegionStudyLine> {
  const lineOfId = new Map<string, string>();
  for await (const { where, text } of readLines(file, options.signal)) {
    if (text.trim() === '') continue;
    yield studyOf(text, where, lineOfId);
  }
}

function studyOf(text: string, where: string, lineOfId: Map<string, string>): RegionStudyLine {
  try {
    const study = parseRegionStudy(text, where);
    const before = lineOfId.get(study.id);
    if (before === undefined) {
      lineOfId.set(study.id, where);
      return { where, study };
    }
    return { where, problem: `"id": expected one of its own, got that of ${before}; rename one.` };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { where, problem: error.message.slice(`${where}: `.length) };
  }
}

/**
 * The studies of a file of region studies (JSON lines), read as they are asked for. Blank lines are passed over.
 *
 * @example
 * ```ts
 * for await (const study of readRegionStudies('studies.jsonl')) console.log(study.id);
 * ```
 * @throws {@link DataError} with file and line for a line that is no study, and for an id that comes twice
 */
export async function* readRegionStudies(
  file: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<RegionStudy> {
  for await (const line of readRegionStudyLines(file, options)) {
    if ('problem' in line) throw new DataError(`${line.where}: ${line.problem}`);
    yield line.study;
  }
}
