import type { Random } from '@crrg/core';

/** Chooses `count` of the candidates, without repetition, and returns them in rising order. `count` never exceeds their number. */
export type Sampler = (candidates: readonly number[], count: number) => number[];

/** Takes the lowest candidates: repeatable, for comparison with reference numbers. */
export const lowestIndexSampler: Sampler = (candidates, count) =>
  [...candidates].sort((a, b) => a - b).slice(0, count);

/** Chooses uniformly at random. */
export function createRandomSampler(random: Random): Sampler {
  return (candidates, count) => {
    const pool = [...candidates];
    for (let i = 0; i < count; i++) {
      const other = i + random.integer(pool.length - i);
      [pool[i], pool[other]] = [pool[other]!, pool[i]!];
    }
    return pool.slice(0, count).sort((a, b) => a - b);
  };
}

/** The positives and negatives chosen for one image. */
export interface BalancedSample {
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

/**
 * At most `positiveFraction * size` positives, the rest of `size` from the negatives (fewer where there are not enough).
 * Source: torchvision's `BalancedPositiveNegativeSampler`.
 */
export function sampleBalanced(
  candidates: BalancedSample,
  options: { readonly size: number; readonly positiveFraction: number; readonly sampler: Sampler },
): BalancedSample {
  const numPositives = Math.min(
    candidates.positives.length,
    Math.floor(options.size * options.positiveFraction),
  );
  const numNegatives = Math.min(candidates.negatives.length, options.size - numPositives);
  return {
    positives: options.sampler(candidates.positives, numPositives),
    negatives: options.sampler(candidates.negatives, numNegatives),
  };
}
