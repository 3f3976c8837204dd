import { MetricsError } from '../errors.js';
import { normalProbability, normalQuantile } from './normal.js';
import { createRandomSource, type RandomSource } from './random.js';
import { finish, finishAsync, type Steps, type WorkOptions } from '../steps.js';

/** A score of the items with these indices, some of them repeated; `undefined` where they do not define it. */
export type Statistic = (indices: Uint32Array) => number | undefined;

/** Several scores of the items with these indices, by name. */
export type Statistics = (indices: Uint32Array) => Readonly<Record<string, number | undefined>>;

/** Options of {@link computeBootstrapInterval}. */
export interface BootstrapOptions {
  /** Number of samples drawn. @defaultValue 1000 */
  readonly numResamples?: number | undefined;
  /** Coverage of the interval, in (0, 1). @defaultValue 0.95 */
  readonly level?: number | undefined;
  /** Same seed, same interval. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * `percentile`: quantiles of the resampled scores; `bca`: bias-corrected and accelerated, more accurate for skewed scores, costs one
   * more evaluation an item.
   * @defaultValue 'percentile'
   */
  readonly method?: 'percentile' | 'bca' | undefined;
  /** A group for each item; every sample draws as many from each group as there are, such as positives and negatives. */
  readonly strata?: ArrayLike<number | boolean | string> | undefined;
}

/** A score with its bootstrap confidence interval. Plain data. */
export interface BootstrapInterval {
  /** The score of the items as they are. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Standard deviation of the resampled scores. */
  readonly standardError: number;
  readonly level: number;
  readonly method: 'percentile' | 'bca';
  readonly seed: number;
  readonly numResamples: number;
  /** Samples that left the score undefined and were not used, such as those of one class. */
  readonly numUndefined: number;
}

const WHERE = 'metrics.computeBootstrapInterval';

function checkOptions(numItems: number, { numResamples, level, strata }: BootstrapOptions): void {
  const refuse = (message: string) => {
    throw new MetricsError('OPTION', `${WHERE}: expected ${message}.`);
  };
  if (!Number.isInteger(numItems) || numItems < 1)
    throw new MetricsError(
      'INPUT',
      `${WHERE}: expected at least one item, got ${numItems}; check what was read.`,
    );
  if (numResamples !== undefined && (!Number.isInteger(numResamples) || numResamples < 2))
    refuse(`numResamples to be an integer of at least 2, got ${numResamples}; 1000 is usual`);
  if (level !== undefined && !(level > 0 && level < 1))
    refuse(`level in (0, 1), got ${level}; give 0.95 for 95 %`);
  if (strata && strata.length !== numItems)
    refuse(`a stratum for each of ${numItems} items, got ${strata.length}; give one per item`);
}

/** Draws indices with replacement, within each stratum. */
function createSampler(numItems: number, random: RandomSource, strata: BootstrapOptions['strata']) {
  const groups = new Map<unknown, number[]>();
  for (let item = 0; item < numItems; item++) {
    const key = strata ? strata[item] : 0;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  const members = [...groups.values()];
  const indices = new Uint32Array(numItems);
  return () => {
    let at = 0;
    for (const group of members)
      for (let draw = 0; draw < group.length; draw++) indices[at++] = group[random.integer(group.length)]!;
    return indices;
  };
}

/** Linear interpolation between order statistics, as NumPy's default. */
function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

/** Indices without each one in turn. */
function* leaveOneOut(numItems: number): Generator<Uint32Array> {
  const kept = new Uint32Array(Math.max(numItems - 1, 0));
  for (let left = 0; left < numItems; left++) {
    for (let at = 0; at < kept.length; at++) kept[at] = at < left ? at : at + 1;
    yield kept;
  }
}

/** Acceleration from the scores with one item left out (Efron and Tibshirani, equation 14.15). */
function accelerationOf(scores: readonly number[]): number {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const moment = (power: number) => scores.reduce((sum, score) => sum + (mean - score) ** power, 0);
  const spread = moment(2);
  return spread > 0 ? moment(3) / (6 * spread ** 1.5) : 0;
}

/** The quantiles that bound the interval. */
function bounds(sorted: Float64Array, estimate: number, level: number, acceleration: number | undefined) {
  const tails = [(1 - level) / 2, (1 + level) / 2] as const;
  if (acceleration === undefined) return tails;
  const below = sorted.reduce((sum, score) => sum + (score < estimate ? 1 : score === estimate ? 0.5 : 0), 0);
  const share = below / sorted.length;
  if (share <= 0 || share >= 1) return tails;
  const bias = normalQuantile(share);
  return tails.map((tail) => {
    const shifted = bias + normalQuantile(tail);
    return normalProbability(bias + shifted / (1 - acceleration * shifted));
  }) as [number, number];
}

const isDefined = (score: number | undefined): score is number =>
  score !== undefined && Number.isFinite(score);

/** The defined scores of every index list, by name. */
function* collect(
  lists: Iterable<Uint32Array>,
  names: readonly string[],
  statistics: StatisticsSteps,
): Steps<Map<string, number[]>> {
  const scores = new Map<string, number[]>(names.map((name) => [name, []]));
  for (const indices of lists) {
    const values = yield* statistics(indices);
    for (const name of names) if (isDefined(values[name])) scores.get(name)!.push(values[name]);
    yield;
  }
  return scores;
}

function* resamples(numItems: number, numResamples: number, options: BootstrapOptions) {
  const sample = createSampler(numItems, createRandomSource(options.seed ?? 0), options.strata);
  for (let round = 0; round < numResamples; round++) yield sample();
}

/**
 * Confidence intervals of several scores from the same samples. A score that the items, or all but one of their samples, leave undefined
 * has no entry. Deterministic for a seed.
 *
 * @example
 * ```ts
 * const { f1, recall } = computeBootstrapIntervals(labels.length, (indices) => scoresOf(pick(labels, indices), pick(predicted, indices)));
 * ```
 * @throws {@link MetricsError} as {@link computeBootstrapInterval}, but for undefined scores
 */
export function computeBootstrapIntervals(
  numItems: number,
  statistics: Statistics,
  options: BootstrapOptions = {},
): Record<string, BootstrapInterval> {
  return finish(bootstrapSteps(numItems, inOneStep(statistics), options));
}

/**
 * {@link computeBootstrapIntervals} with pauses: it can be stopped by `signal`, and `onProgress` hears of samples. The same numbers. A single
 * call of `statistics` is not interrupted.
 *
 * @throws the signal's reason where it is aborted
 */
export async function computeBootstrapIntervalsAsync(
  numItems: number,
  statistics: Statistics,
  options: BootstrapOptions & WorkOptions = {},
): Promise<Record<string, BootstrapInterval>> {
  return runBootstrap(numItems, inOneStep(statistics), options);
}

/** Scores of the items with the given indices, with pauses. @internal */
export type StatisticsSteps = (indices: Uint32Array) => Steps<Readonly<Record<string, number | undefined>>>;

function inOneStep(statistics: Statistics): StatisticsSteps {
  return function* (indices) {
    return statistics(indices);
  };
}

/** @internal */
export async function runBootstrap(
  numItems: number,
  statistics: StatisticsSteps,
  options: BootstrapOptions & WorkOptions,
): Promise<Record<string, BootstrapInterval>> {
  let calls = 0;
  const counted: StatisticsSteps = (indices) => {
    calls += 1;
    return statistics(indices);
  };
  const { numResamples = 1000, method = 'percentile' } = options;
  const total = 1 + numResamples + (method === 'bca' ? numItems : 0);
  return finishAsync(bootstrapSteps(numItems, counted, options), options, { total, done: () => calls });
}

/** @internal */
export function* bootstrapSteps(
  numItems: number,
  statistics: StatisticsSteps,
  options: BootstrapOptions,
): Steps<Record<string, BootstrapInterval>> {
  checkOptions(numItems, options);
  const { numResamples = 1000, level = 0.95, seed = 0, method = 'percentile' } = options;
  const estimates = yield* statistics(Uint32Array.from({ length: numItems }, (_, item) => item));
  const names = Object.keys(estimates).filter((name) => isDefined(estimates[name]));
  yield;
  const samples = yield* collect(resamples(numItems, numResamples, options), names, statistics);
  const jackknife = method === 'bca' ? yield* collect(leaveOneOut(numItems), names, statistics) : undefined;
  const intervals = names.flatMap((name): [string, BootstrapInterval][] => {
    const estimate = estimates[name]!;
    const sorted = Float64Array.from(samples.get(name)!).sort();
    if (sorted.length < 2) return [];
    const acceleration = jackknife && accelerationOf(jackknife.get(name)!);
    const [lower, upper] = bounds(sorted, estimate, level, acceleration);
    const interval = {
      estimate,
      low: quantile(sorted, lower),
      high: quantile(sorted, upper),
      standardError: standardDeviation(sorted),
      level,
      method,
      seed,
      numResamples,
      numUndefined: numResamples - sorted.length,
    };
    return [[name, interval]];
  });
  return Object.fromEntries(intervals);
}

/**
 * A confidence interval of any score by resampling items with replacement. Deterministic for a seed.
 *
 * Reference: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 14.
 *
 * @example
 * ```ts
 * const pick = (values: readonly number[], indices: Uint32Array) => Array.from(indices, (index) => values[index]!);
 * const interval = computeBootstrapInterval(scores.length, (indices) => mean(pick(scores, indices)), { seed: 7 });
 * ```
 * @param numItems number of items that `statistic` can be given the indices of; it must not keep the list of indices
 * @throws {@link MetricsError} `OPTION` for wrong options; `UNDEFINED` where the items, or every sample of them, leave the score
 * undefined
 */
export function computeBootstrapInterval(
  numItems: number,
  statistic: Statistic,
  options: BootstrapOptions = {},
): BootstrapInterval {
  const { statistics, requireScore } = singleScore(statistic);
  return requireScore(computeBootstrapIntervals(numItems, statistics, options));
}

/**
 * {@link computeBootstrapInterval} with pauses: it can be stopped by `signal`, and `onProgress` hears of samples. The same numbers. A single
 * call of `statistic` is not interrupted.
 *
 * @throws the signal's reason where it is aborted
 */
export async function computeBootstrapIntervalAsync(
  numItems: number,
  statistic: Statistic,
  options: BootstrapOptions & WorkOptions = {},
): Promise<BootstrapInterval> {
  const { statistics, requireScore } = singleScore(statistic);
  return requireScore(await computeBootstrapIntervalsAsync(numItems, statistics, options));
}

/** One score as several are computed, and its interval or why there is none. */
function singleScore(statistic: Statistic) {
  let whole: { readonly value: number | undefined } | undefined;
  return {
    statistics: (indices: Uint32Array) => {
      const value = statistic(indices);
      whole ??= { value };
      return { score: value };
    },
    requireScore: ({ score }: Record<string, BootstrapInterval>): BootstrapInterval => {
      if (score) return score;
      if (!isDefined(whole?.value))
        throw undefinedScore('a defined score of all items', String(whole?.value), 'check the items');
      throw undefinedScore('samples that define the score', 'fewer than 2', 'give strata or add items');
    },
  };
}

function undefinedScore(expected: string, got: string, advice: string): MetricsError {
  return new MetricsError('UNDEFINED', `${WHERE}: expected ${expected}, got ${got}; ${advice}.`);
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
