import { DataError } from '@crrg/core';
import { readLines } from '../files/lines.js';
import type { RegionStudy } from '../region-study.js';
import { parseRegionStudy } from './lines.js';

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
  const lineOfId = new Map<string, string>();
  for await (const { where, text } of readLines(file, options.signal)) {
    if (text.trim() === '') continue;
    const study = parseRegionStudy(text, where);
    const before = lineOfId.get(study.id);
    if (before !== undefined)
      throw new DataError(`${where}: "id": expected one of its own, got that of ${before}; rename one.`);
    lineOfId.set(study.id, where);
    yield study;
  }
}
