import { finish, type Steps } from '../steps.js';
import { areasOf } from './areas.js';
import { brierScoreOf, calibrationOf, logLossOf } from './calibration.js';
import {
  confusionOf,
  scoreConfusion,
  type ConfusionCounts,
  type ConfusionScores,
  type ThresholdOptions,
} from './confusion.js';
import { checkBinaryItems, checkThreshold, type BinaryItems, type BinaryLabels } from './inputs.js';

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
export function rankingScores(items: BinaryItems, order?: Uint32Array) {
  const { positives, negatives, auroc, averagePrecision } = areasOf(items, order);
  const reasons: Record<string, string> = {};
  if (positives === 0) reasons['averagePrecision'] = 'no item is positive';
  if (positives === 0 || negatives === 0)
    reasons['auroc'] = positives === 0 ? 'no item is positive' : 'no item is negative';
  return {
    prevalence: positives / (positives + negatives),
    auroc: reasons['auroc'] ? undefined : auroc,
    averagePrecision: reasons['averagePrecision'] ? undefined : averagePrecision,
    reasons,
  };
}

function* probabilitySteps(items: BinaryItems) {
  const isProbability = items.scores.every((score) => score >= 0 && score <= 1);
  const reason = 'scores are no probabilities in [0, 1]';
  if (!isProbability)
    return {
      brierScore: undefined,
      logLoss: undefined,
      expectedCalibrationError: undefined,
      reasons: { brierScore: reason, logLoss: reason, expectedCalibrationError: reason },
    };
  const brierScore = brierScoreOf(items);
  yield;
  const logLoss = logLossOf(items);
  yield;
  const expectedCalibrationError = calibrationOf(items, NUM_BINS).expectedError;
  return { brierScore, logLoss, expectedCalibrationError, reasons: {} };
}

/** `order` as of `rankOrder`, where it is known. @internal */
export function* binaryMetricsSteps(
  items: BinaryItems,
  threshold: number,
  order?: Uint32Array,
): Steps<BinaryMetrics> {
  const confusion = confusionOf(items, threshold);
  yield;
  const ranking = rankingScores(items, order);
  yield;
  const parts = [ranking, scoreConfusion(confusion), yield* probabilitySteps(items)] as const;
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

/** @internal */
export const binaryMetricsOf = (items: BinaryItems, threshold: number) =>
  finish(binaryMetricsSteps(items, threshold));

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
