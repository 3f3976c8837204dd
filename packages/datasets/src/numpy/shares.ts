import { ConfigError, roundHalfToEven } from '@crrg/core';
import { randomPermutation } from './random-state.js';

function requireShare(where: string, share: number): void {
  if (share > 0 && share < 1) return;
  throw new ConfigError(`${where}: expected a share between 0 and 1, got ${share}; correct it.`);
}

/** Row numbers on both sides of a split. */
export interface TrainTestSplit {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Row numbers as scikit-learn's `train_test_split(rows, test_size=share, random_state=seed)` divides them: the held-out side is rounded up.
 *
 * @throws {@link ConfigError} where the share is not between 0 and 1
 */
export function splitTrainTest(n: number, share: number, seed: number): TrainTestSplit {
  requireShare('datasets.splitTrainTest', share);
  const order = randomPermutation(n, seed);
  const numTest = Math.ceil(share * n);
  return { test: order.subarray(0, numTest), train: order.subarray(numTest) };
}

/**
 * Row numbers that pandas' `sample(frac=share, random_state=seed)` draws, in its order; the count is rounded half to even. A share of 1 and
 * more is no draw: all rows, in order.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees; `data_frac` of CXR-CLIP.
 * @param seed that of CXR-CLIP by default
 * @throws {@link ConfigError} where the share is not above 0
 */
export function sampleFraction(n: number, share: number, seed = 1): Uint32Array {
  if (share >= 1) return Uint32Array.from({ length: n }, (_, index) => index);
  requireShare('datasets.sampleFraction', share);
  return randomPermutation(n, seed).subarray(0, roundHalfToEven(share * n));
}
