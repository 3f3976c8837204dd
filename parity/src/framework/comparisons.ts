import type { TensorInfo } from '../golden/cases.js';

/** Expected numbers, or the name of the golden tensor that holds them. */
export type Expected = string | ArrayLike<number | boolean>;

/** Two lists of one length, or why they are not. */
export type Aligned =
  | { readonly mismatch: string }
  | { readonly actual: ArrayLike<number | boolean>; readonly expected: ArrayLike<number | boolean> };

export function pair(actual: ArrayLike<number | boolean>, expected: ArrayLike<number | boolean>): Aligned {
  if (actual.length !== expected.length)
    return { mismatch: `${actual.length} elements instead of ${expected.length}` };
  return { actual, expected };
}

/**
 * The rule of the golden data: `factor` times the error that the reference program itself has in float32, but at least 2e-6 of
 * the largest value. Numbers whose error was not measured may differ by 1e-5 of the largest value.
 */
export function defaultTolerance(
  info: TensorInfo | undefined,
  expected: Expected,
  factor: number,
  name: string,
): number {
  const measured = info?.torch_fp32_maxabs_err;
  if (info && measured !== undefined) {
    return Math.max(
      factor * measured,
      2e-6 * (info.absmax ?? Math.max(Math.abs(info.min!), Math.abs(info.max!))),
    );
  }
  if (typeof expected === 'string')
    throw new Error(`${name}: the sidecar states no float32 error for "${expected}"; give a tolerance`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(Number(expected[i])));
  return 1e-5 * largest;
}

/** Largest absolute difference; a NaN on one side only is infinitely far. */
export function largestError(
  actual: ArrayLike<number | boolean>,
  expected: ArrayLike<number | boolean>,
): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = Number(actual[i]);
    const e = Number(expected[i]);
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Infinity : error;
  }
  return largest;
}

/** Number of places that differ. */
export function countDifferences(
  actual: ArrayLike<number | boolean>,
  expected: ArrayLike<number | boolean>,
): number {
  let count = 0;
  for (let i = 0; i < expected.length; i++) if (Number(actual[i]) !== Number(expected[i])) count++;
  return count;
}

/** |a - e| / |e|. */
export function relativeL2(
  actual: ArrayLike<number | boolean>,
  expected: ArrayLike<number | boolean>,
): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (Number(actual[i]) - Number(expected[i])) ** 2;
    norm += Number(expected[i]) ** 2;
  }
  const ratio = Math.sqrt(difference) / Math.sqrt(norm);
  return Number.isNaN(ratio) ? (difference === 0 ? 0 : Infinity) : ratio;
}
