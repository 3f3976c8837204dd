import { binaryMetricsOf, BINARY_METRIC_NAMES, type BinaryMetricName } from '../classification/binary.js';
import type { ThresholdOptions } from '../classification/confusion.js';
import { checkBinaryItems, checkThreshold, type BinaryLabels } from '../classification/inputs.js';
import { computeBootstrapIntervals, type BootstrapInterval, type BootstrapOptions } from './bootstrap.js';

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
  const where = 'computeBinaryIntervals';
  const items = checkBinaryItems(where, labels, scores, options);
  const threshold = checkThreshold(where, options.threshold);
  const statistics = (indices: Uint32Array) => {
    const metrics = binaryMetricsOf(
      {
        labels: Uint8Array.from(indices, (index) => items.labels[index]!),
        scores: Float64Array.from(indices, (index) => items.scores[index]!),
        weights: Float64Array.from(indices, (index) => items.weights[index]!),
      },
      threshold,
    );
    return Object.fromEntries(BINARY_METRIC_NAMES.map((name) => [name, metrics[name]]));
  };
  const { isStratified = false, ...rest } = options;
  return computeBootstrapIntervals(items.labels.length, statistics, {
    ...rest,
    strata: isStratified ? items.labels : undefined,
  });
}
