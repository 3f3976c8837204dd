import { createProblemList, InputErrors } from '@crrg/core';
import type { PairedFiles } from './report-pairs.js';

/** Files of both sides, and of another system to compare with. */
export interface PartFiles extends PairedFiles {
  readonly compare?: string | undefined;
  readonly patientField?: string | undefined;
}

/** Items by identifier, or in order where they have none. */
export interface OrderedItems {
  readonly ids?: readonly string[] | undefined;
  /** Where each came from, for messages. */
  readonly subjects: readonly string[];
}

/**
 * Where each item of the first system stands in the file of the other; its further items are left out.
 * @throws {@link InputErrors} where the other has not all of them
 */
export function placesIn(first: OrderedItems, other: OrderedItems, file: string): number[] {
  const { ids } = first;
  if (!ids || !other.ids) {
    const [ours, theirs] = [first.subjects.length, other.subjects.length];
    if (ours === theirs) return Array.from({ length: ours }, (_, at) => at);
    const message = `expected as many items as the candidates, ${ours}, got ${theirs}; compare the same reports.`;
    throw new InputErrors([{ subject: file, message }]);
  }
  const places = new Map(other.ids.map((id, at) => [id, at]));
  const problems = createProblemList();
  const found = ids.map((id, at) => {
    const place = places.get(id);
    if (place === undefined)
      problems.add(
        first.subjects[at]!,
        `expected a report with the identifier ${id} in ${file}, got none; compare the same reports.`,
      );
    return place ?? 0;
  });
  problems.check();
  return found;
}
