import { MetricsError } from '../errors.js';

/** One item's references: one text, or several of equal standing. */
export type References = string | readonly string[];

/** One thing to score: a candidate and at least one reference. */
export interface TextItem {
  readonly candidate: string;
  readonly references: readonly string[];
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value} ${String(value).slice(0, 40)}`.trim();
}

function refuse(
  where: string,
  index: number | undefined,
  expected: string,
  got: string,
  remedy: string,
): never {
  throw new MetricsError('INPUT', `metrics.${where}: expected ${expected}, got ${got}; ${remedy}.`, {
    details: index === undefined ? {} : { index },
  });
}

function checkReferences(where: string, value: unknown, index: number): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value))
    refuse(
      where,
      index,
      `references[${index}] to be a text or an array of texts`,
      describe(value),
      'give "" for none',
    );
  if (value.length === 0)
    refuse(
      where,
      index,
      `references[${index}] to hold at least one text`,
      'none',
      'leave the item out of both lists',
    );
  for (const [position, reference] of value.entries())
    if (typeof reference !== 'string')
      refuse(
        where,
        index,
        `references[${index}][${position}] to be a text`,
        describe(reference),
        'give "" for an empty reference',
      );
  return value as string[];
}

/**
 * Candidates and references, item by item.
 *
 * @throws {@link MetricsError} `INPUT` where the lists are no lists, empty, of unequal lengths, or hold something else than texts; the
 * message and `details.index` name the item.
 */
export function toTextItems(
  where: string,
  candidates: readonly string[],
  references: readonly References[],
): TextItem[] {
  for (const [name, list] of Object.entries({ candidates, references }))
    if (!Array.isArray(list))
      refuse(
        where,
        undefined,
        `${name} to be an array of texts`,
        describe(list),
        'wrap a single text in an array',
      );
  if (candidates.length !== references.length)
    refuse(
      where,
      undefined,
      'as many references as candidates',
      `${candidates.length} candidates and ${references.length} references`,
      'give one entry of references for each candidate',
    );
  if (candidates.length === 0) refuse(where, undefined, 'at least one item', 'none', 'give a candidate');
  return candidates.map((candidate, index) => {
    if (typeof candidate !== 'string')
      refuse(
        where,
        index,
        `candidates[${index}] to be a text`,
        describe(candidate),
        'give "" for an empty candidate',
      );
    return { candidate, references: checkReferences(where, references[index], index) };
  });
}
