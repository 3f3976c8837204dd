import { ConfigError } from '@crrg/core';
import { createMersenneTwister, type RandomBits } from './mersenne-twister.js';

/** A whole number in 0..most, each as likely: random bits under the smallest mask that holds `most`, drawn anew while they exceed it. */
function drawUpTo(most: number, nextBits: RandomBits): number {
  const mask = 0xffffffff >>> Math.clz32(most);
  for (;;) {
    const value = (nextBits() & mask) >>> 0;
    if (value <= most) return value;
  }
}

/**
 * The numbers 0..n-1 in the order of NumPy's `RandomState(seed).permutation(n)`, bit for bit.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees; NumPy's legacy generator (MT19937, shuffled from the end).
 *
 * @example
 * ```ts
 * randomPermutation(5, 0); // [2, 0, 1, 3, 4]
 * ```
 * @param seed a whole number in 0..2^32-1
 * @throws {@link ConfigError} for another seed, or for a count that is no whole number in 0..2^32-1
 */
export function randomPermutation(n: number, seed: number): Uint32Array {
  for (const [name, value] of [['n', n] as const, ['seed', seed] as const]) {
    if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) continue;
    throw new ConfigError(
      `datasets.randomPermutation: expected ${name} as a whole number from 0 to 2^32 - 1, got ${value}; correct it.`,
    );
  }
  const nextBits = createMersenneTwister(seed);
  const order = Uint32Array.from({ length: n }, (_, index) => index);
  for (let at = n - 1; at > 0; at--) {
    const other = drawUpTo(at, nextBits);
    const kept = order[at]!;
    order[at] = order[other]!;
    order[other] = kept;
  }
  return order;
}
