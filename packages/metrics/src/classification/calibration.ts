import { MetricsError } from '../errors.js';
import {
  checkBinaryItems,
  checkProbabilities,
  type BinaryItems,
  type BinaryLabels,
  type WeightOptions,
} from './inputs.js';

/** Scores are moved this far from 0 and 1 before their logarithm is taken. */
const EPSILON = 2 ** -52;

/** Items whose score lies in one interval. */
export interface CalibrationBin {
  /** The interval (low, high]; the first one includes its low end. */
  readonly low: number;
  readonly high: number;
  /** Weight of the items in it. */
  readonly weight: number;
  /** Mean score of the items; `undefined` for an empty bin. */
  readonly meanScore: number | undefined;
  /** Share of positive items; `undefined` for an empty bin. */
  readonly positiveShare: number | undefined;
}

/** Options of {@link computeCalibration}. */
export interface CalibrationOptions extends WeightOptions {
  /** Number of intervals of equal width. @defaultValue 10 */
  readonly numBins?: number | undefined;
}

/** How well scores agree with the share of positives among items of that score. */
export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Mean distance of a bin's mean score from its share of positives, weighted by its items; in [0, 1]. */
  readonly expectedError: number;
  /** The largest such distance. */
  readonly maximumError: number;
}

function weightedMean({ labels, scores, weights }: BinaryItems, loss: (p: number, label: number) => number) {
  let sum = 0;
  let total = 0;
  for (let item = 0; item < scores.length; item++) {
    sum += weights[item]! * loss(scores[item]!, labels[item]!);
    total += weights[item]!;
  }
  return sum / total;
}

/** @internal */
export const brierScoreOf = (items: BinaryItems) => weightedMean(items, (p, label) => (p - label) ** 2);

/** @internal */
export function logLossOf(items: BinaryItems): number {
  const clip = (p: number) => Math.min(Math.max(p, EPSILON), 1 - EPSILON);
  return weightedMean(items, (p, label) => {
    const absent = clip(1 - p);
    const present = clip(p);
    return Math.log(absent + present) - Math.log(label ? present : absent);
  });
}

/** The bin (index / numBins, (index + 1) / numBins] of a score; the product alone may round past either end. */
function binOf(score: number, numBins: number): number {
  const index = Math.max(Math.ceil(score * numBins) - 1, 0);
  if (score <= index / numBins) return Math.max(index - 1, 0);
  return score > (index + 1) / numBins ? index + 1 : index;
}

/** @internal */
export function calibrationOf({ labels, scores, weights }: BinaryItems, numBins: number): Calibration {
  const sums = Array.from({ length: numBins }, () => ({ weight: 0, score: 0, positives: 0 }));
  for (let item = 0; item < scores.length; item++) {
    const bin = sums[binOf(scores[item]!, numBins)]!;
    bin.weight += weights[item]!;
    bin.score += weights[item]! * scores[item]!;
    if (labels[item]) bin.positives += weights[item]!;
  }
  const bins = sums.map(({ weight, score, positives }, index) => ({
    low: index / numBins,
    high: (index + 1) / numBins,
    weight,
    meanScore: weight > 0 ? score / weight : undefined,
    positiveShare: weight > 0 ? positives / weight : undefined,
  }));
  const total = sums.reduce((sum, { weight }) => sum + weight, 0);
  const gap = (bin: CalibrationBin) => Math.abs((bin.meanScore ?? 0) - (bin.positiveShare ?? 0));
  return {
    bins,
    expectedError: bins.reduce((sum, bin) => sum + bin.weight * gap(bin), 0) / total,
    maximumError: Math.max(...bins.map(gap)),
  };
}

function checkedProbabilities(
  where: string,
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions,
) {
  const items = checkBinaryItems(where, labels, scores, options);
  checkProbabilities(where, items);
  return items;
}

/**
 * Mean squared distance of probabilities from the labels, in [0, 1]; 0 is best.
 *
 * Reference: Brier, Monthly Weather Review 78, 1950; scikit-learn's `brier_score_loss`.
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores outside [0, 1]
 */
export function computeBrierScore(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions = {},
): number {
  return brierScoreOf(checkedProbabilities('computeBrierScore', labels, scores, options));
}

/**
 * Mean negative logarithm (base e) of the probability given to what is the case; 0 is best. Probabilities of 0 and 1 count as 2^-52
 * away from them, so that one wrong certainty costs 36 and not infinity.
 *
 * Reference: scikit-learn's `log_loss`.
 * @throws {@link MetricsError} as {@link computeBrierScore}
 */
export function computeLogLoss(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions = {},
): number {
  return logLossOf(checkedProbabilities('computeLogLoss', labels, scores, options));
}

/**
 * The calibration of probabilities: mean score and share of positives in intervals of equal width, and their distances.
 *
 * Reference: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3, applied to the probability of the
 * condition.
 *
 * @example
 * ```ts
 * const { expectedError } = computeCalibration([0, 1, 1], [0.05, 0.95, 0.75]);
 * // 0.35 / 3: the items are 0.05, 0.05 and 0.25 away, each in a bin of its own
 * ```
 * @throws {@link MetricsError} `INPUT` as {@link computeBrierScore}; `OPTION` for a number of bins that is not a positive integer
 */
export function computeCalibration(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: CalibrationOptions = {},
): Calibration {
  const where = 'computeCalibration';
  const { numBins = 10 } = options;
  if (!Number.isInteger(numBins) || numBins < 1)
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected numBins to be a positive integer, got ${numBins}; 10 is usual.`,
    );
  return calibrationOf(checkedProbabilities(where, labels, scores, options), numBins);
}
