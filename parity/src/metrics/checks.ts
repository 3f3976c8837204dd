import type { ParityContext } from '../framework/context.js';

/** What the golden data's README allows scores to differ by; tokens, statistics and alignments must be equal. */
export const tolerance = 1e-9;

/** Reports how many texts differ, and the first that does. */
export function checkTexts(
  context: ParityContext,
  name: string,
  pairs: readonly (readonly [ours: string, theirs: string])[],
): void {
  const different = pairs.filter(([ours, theirs]) => ours !== theirs);
  const note =
    different[0] && `got ${JSON.stringify(different[0][0])}, expected ${JSON.stringify(different[0][1])}`;
  context.report(`${name} of ${pairs.length}`, different.length, 0, note);
}
