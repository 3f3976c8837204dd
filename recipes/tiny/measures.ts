import type { Random } from '@crrg/core';

/** A score with the truth it should tell. */
export interface ScoredFilm {
  readonly score: number;
  readonly isPositive: boolean;
}

/** Area under the ROC curve: how often a positive scores above a negative, ties half. Undefined without both kinds. */
export function computeAuc(
  films: readonly ScoredFilm[],
  comparable: (positive: number, negative: number) => boolean = () => true,
): number | undefined {
  let wins = 0;
  let pairs = 0;
  films.forEach((positive, i) => {
    if (!positive.isPositive) return;
    films.forEach((negative, j) => {
      if (negative.isPositive || !comparable(i, j)) return;
      pairs += 1;
      wins += positive.score > negative.score ? 1 : positive.score === negative.score ? 0.5 : 0;
    });
  });
  return pairs > 0 ? wins / pairs : undefined;
}

/** An estimate with its 95 % bootstrap interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The statistic of the items with a percentile bootstrap interval over them. Resamples where it is undefined are left out. */
export function bootstrap<T>(
  items: readonly T[],
  statistic: (sample: readonly T[]) => number | undefined,
  random: Random,
  rounds = 1000,
): Estimate {
  const draws: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const value = statistic(items.map(() => items[random.integer(items.length)]!));
    if (value !== undefined) draws.push(value);
  }
  draws.sort((a, b) => a - b);
  const at = (share: number) => draws[Math.min(draws.length - 1, Math.floor(share * draws.length))] ?? NaN;
  return { value: statistic(items) ?? NaN, low: at(0.025), high: at(0.975), count: items.length };
}

/** Mean of numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
