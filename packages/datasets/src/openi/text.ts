import type { OpeniReport } from './report.js';

/** What the reference makes of a report: a text, or the name of the exception that it dies of. */
export type ReferenceText =
  | { readonly text: string; readonly error: null }
  | { readonly text: null; readonly error: 'KeyError' | 'ValueError' };

/** Whether a text sorts behind another by code points, as Python compares. */
function sortsBehind(a: string, b: string): boolean {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at < 0) return false;
  return right[at] === undefined || left[at]!.codePointAt(0)! > right[at].codePointAt(0)!;
}

/**
 * The text that CXR-CLIP pairs with a film: of the third and the fourth text of the abstract the one that sorts last, not the longer one. It
 * dies of an empty one, and of another number of texts.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees.
 */
export function openiReferenceText({ abstract }: OpeniReport): ReferenceText {
  if (abstract.length !== 4) return { text: null, error: 'ValueError' };
  const [findings, impression] = [abstract[2]!, abstract[3]!];
  if (findings === null || impression === null) return { text: null, error: 'KeyError' };
  return { text: sortsBehind(impression, findings) ? impression : findings, error: null };
}

/** The texts of a report that say what is seen: findings and impression, those that are there. */
export const openiSections = ({ findings, impression }: OpeniReport): string[] =>
  [findings, impression].filter((text) => text !== null);
