import { averagePrecisionOf, rocAreaOf } from './areas.js';
import { brierScoreOf, calibrationOf, logLossOf } from './calibration.js';
import {
  confusionOf,
  scoreConfusion,
  type ConfusionCounts,
  type ConfusionScores,
  type ThresholdOptions,
} from './confusion.js';
import { checkBinaryItems, checkThreshold, type BinaryItems, type BinaryLabels } from './inputs.js';
import { rankItems } from './ranking.js';

/** All scores of one condition; what the items leave undefined is `undefined` and explained in `reasons`. */
export interface BinaryMetrics extends ConfusionScores {
  readonly numItems: number;
  /** Share of positives by weight, in [0, 1]. */
  readonly prevalence: number;
  readonly threshold: number;
  readonly confusion: ConfusionCounts;
  /** See {@link computeAuroc}. */
  readonly auroc: number | undefined;
  /** See {@link computeAveragePrecision}. */
  readonly averagePrecision: number | undefined;
  /** See {@link computeBrierScore}. */
  readonly brierScore: number | undefined;
  /** See {@link computeLogLoss}. */
  readonly logLoss: number | undefined;
  /** Expected calibration error over 10 bins, see {@link computeCalibration}. */
  readonly expectedCalibrationError: number | undefined;
}

/** The numbers in {@link BinaryMetrics} that judge a classifier, the usual ones first. */
export const BINARY_METRIC_NAMES = [
  'auroc',
  'averagePrecision',
  'accuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'specificity',
  'negativePredictiveValue',
  'f1',
  'jaccardIndex',
  'matthewsCorrelation',
  'cohenKappa',
  'brierScore',
  'logLoss',
  'expectedCalibrationError',
] as const satisfies readonly (keyof BinaryMetrics)[];

/** One of {@link BINARY_METRIC_NAMES}. */
export type BinaryMetricName = (typeof BINARY_METRIC_NAMES)[number];

const NUM_BINS = 10;

/** @internal */
export function rankingScores(items: BinaryItems) {
  const ranking = rankItems(items);
  const reasons: Record<string, string> = {};
  if (ranking.positives === 0) reasons['averagePrecision'] = 'no item is positive';
  if (ranking.positives === 0 || ranking.negatives === 0)
    reasons['auroc'] = ranking.positives === 0 ? 'no item is positive' : 'no item is negative';
  return {
    prevalence: ranking.positives / (ranking.positives + ranking.negatives),
    auroc: reasons['auroc'] ? undefined : rocAreaOf(ranking),
    averagePrecision: reasons['averagePrecision'] ? undefined : averagePrecisionOf(ranking),
    reasons,
  };
}

function probabilityScores(items: BinaryItems) {
  const isProbability = items.scores.every((score) => score >= 0 && score <= 1);
  const reason = 'scores are no probabilities in [0, 1]';
  return {
    brierScore: isProbability ? brierScoreOf(items) : undefined,
    logLoss: isProbability ? logLossOf(items) : undefined,
    expectedCalibrationError: isProbability ? calibrationOf(items, NUM_BINS).expectedError : undefined,
    reasons: isProbability ? {} : { brierScore: reason, logLoss: reason, expectedCalibrationError: reason },
  };
}

/** @internal */
export function binaryMetricsOf(items: BinaryItems, threshold: number): BinaryMetrics {
  const confusion = confusionOf(items, threshold);
  const parts = [rankingScores(items), scoreConfusion(confusion), probabilityScores(items)] as const;
  return {
    numItems: items.labels.length,
    threshold,
    confusion,
    ...parts[0],
    ...parts[1],
    ...parts[2],
    reasons: Object.assign({}, ...parts.map(({ reasons }) => reasons)) as Record<string, string>,
  };
}

/**
 * Every score of a binary classifier in one plain object.
 *
 * @example
 * ```ts
 * const { auroc, f1, reasons } = computeBinaryMetrics([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * // auroc 0.75, f1 0.6667; reasons {} since everything is defined
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores that are not finite
 */
export function computeBinaryMetrics(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: ThresholdOptions = {},
): BinaryMetrics {
  const where = 'computeBinaryMetrics';
  return binaryMetricsOf(
    checkBinaryItems(where, labels, scores, options),
    checkThreshold(where, options.threshold),
  );
}
