import type { ParityContext } from '../../framework/context.js';

/** Largest distance allowed between coordinates of boxes, in pixels. */
const BOX_TOLERANCE = 0.05;

/**
 * Compares boxes in order; where two near-equal scores swapped, as sets: at least 99 % of the expected boxes must have a counterpart.
 * True where the order agrees.
 */
export function checkBoxes(
  context: ParityContext,
  name: string,
  actual: Float32Array,
  expected: ArrayLike<number>,
): boolean {
  const distance = (a: number, e: number) => {
    let largest = 0;
    for (let c = 0; c < 4; c++)
      largest = Math.max(largest, Math.abs(actual[4 * a + c]! - expected[4 * e + c]!));
    return largest;
  };
  if (actual.length === expected.length) {
    let largest = 0;
    for (let i = 0; i < expected.length / 4; i++) largest = Math.max(largest, distance(i, i));
    if (largest <= BOX_TOLERANCE) return context.report(`${name} in order`, largest, BOX_TOLERANCE);
  }
  const numActual = actual.length / 4;
  const numExpected = expected.length / 4;
  let missing = 0;
  for (let e = 0; e < numExpected; e++) {
    let found = false;
    for (let a = 0; a < numActual && !found; a++) found = distance(a, e) <= BOX_TOLERANCE;
    if (!found) missing += 1;
  }
  context.report(
    `${name} as a set`,
    missing / numExpected,
    0.01,
    `${numActual} boxes, expected ${numExpected}`,
  );
  return false;
}
