import { binaryMetricsSteps, BINARY_METRIC_NAMES, type BinaryMetricName } from '../classification/binary.js';
import type { ThresholdOptions } from '../classification/confusion.js';
import { checkBinaryItems, checkThreshold, type BinaryLabels } from '../classification/inputs.js';
import { rankOrder } from '../classification/ranking.js';
import { finish, type WorkOptions } from '../steps.js';
import {
  bootstrapSteps,
  runBootstrap,
  type BootstrapInterval,
  type BootstrapOptions,
  type StatisticsSteps,
} from './bootstrap.js';

/** Options of {@link computeBinaryIntervals}. */
export interface BinaryIntervalOptions extends ThresholdOptions, Omit<BootstrapOptions, 'strata'> {
  /** Draws positives and negatives apart, so that every sample has both. @defaultValue false */
  readonly isStratified?: boolean | undefined;
}

/**
 * Bootstrap intervals of every score of {@link computeBinaryMetrics}, from the same samples; scores that the items leave undefined have no
 * entry.
 *
 * @example
 * ```ts
 * const { auroc } = computeBinaryIntervals(labels, scores, { seed: 7 });
 * if (auroc) console.log(`${auroc.estimate} [${auroc.low}, ${auroc.high}]`);
 * ```
 * @throws {@link MetricsError} as {@link computeBinaryMetrics} and {@link computeBootstrapInterval}
 */
export function computeBinaryIntervals(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: BinaryIntervalOptions = {},
): Partial<Record<BinaryMetricName, BootstrapInterval>> {
  const { numItems, statistics, bootstrap } = plan(labels, scores, options);
  return finish(bootstrapSteps(numItems, statistics, bootstrap));
}

/**
 * {@link computeBinaryIntervals} with pauses: it can be stopped by `signal`, and `onProgress` hears of samples. The same numbers.
 *
 * @throws the signal's reason where it is aborted
 */
export async function computeBinaryIntervalsAsync(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: BinaryIntervalOptions & WorkOptions = {},
): Promise<Partial<Record<BinaryMetricName, BootstrapInterval>>> {
  const { numItems, statistics, bootstrap } = plan(labels, scores, options);
  const { signal, onProgress } = options;
  return runBootstrap(numItems, statistics, { ...bootstrap, signal, onProgress });
}

/** A sample is the same items with other weights, so that they are checked and ordered once. */
function plan(labels: BinaryLabels, scores: ArrayLike<number>, options: BinaryIntervalOptions) {
  const where = 'computeBinaryIntervals';
  const items = checkBinaryItems(where, labels, scores, options);
  const threshold = checkThreshold(where, options.threshold);
  const order = rankOrder(items.scores);
  const weights = new Float64Array(items.weights.length);
  const statistics: StatisticsSteps = function* (indices) {
    yield;
    weights.fill(0);
    for (let at = 0; at < indices.length; at++) weights[indices[at]!]! += items.weights[indices[at]!]!;
    yield;
    const metrics = yield* binaryMetricsSteps({ ...items, weights }, threshold, order);
    return Object.fromEntries(BINARY_METRIC_NAMES.map((name) => [name, metrics[name]]));
  };
  const { isStratified = false, ...rest } = options;
  const bootstrap: BootstrapOptions = { ...rest, strata: isStratified ? items.labels : undefined };
  return { numItems: items.labels.length, statistics, bootstrap };
}
