import {
  checkBinaryItems,
  checkLabels,
  checkLengths,
  checkThreshold,
  checkWeights,
  type BinaryItems,
  type BinaryLabels,
  type WeightOptions,
} from './inputs.js';

/** Weight of the items by label and prediction; plain counts without weights. */
export interface ConfusionCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** Scores made of {@link ConfusionCounts}; what the counts leave undefined is `undefined` and explained in `reasons`. */
export interface ConfusionScores {
  /** Share of right predictions, in [0, 1]. */
  readonly accuracy: number | undefined;
  /** Mean of recall and specificity, in [0, 1]. */
  readonly balancedAccuracy: number | undefined;
  /** Share of positives among the items predicted positive, in [0, 1]. */
  readonly precision: number | undefined;
  /** Share of positives that are predicted positive (sensitivity), in [0, 1]. */
  readonly recall: number | undefined;
  /** Share of negatives that are predicted negative, in [0, 1]. */
  readonly specificity: number | undefined;
  /** Share of negatives among the items predicted negative, in [0, 1]. */
  readonly negativePredictiveValue: number | undefined;
  /** 2 TP / (2 TP + FP + FN), in [0, 1]; defined as soon as one item is positive or predicted so. */
  readonly f1: number | undefined;
  /** TP / (TP + FP + FN): overlap of the positive items with those predicted so, in [0, 1]. */
  readonly jaccardIndex: number | undefined;
  /** Correlation of labels and predictions, in [-1, 1]. */
  readonly matthewsCorrelation: number | undefined;
  /** Agreement beyond chance, at most 1. */
  readonly cohenKappa: number | undefined;
  /** Why each `undefined` score is so, by its name. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** Options of {@link computeConfusion}. */
export interface ThresholdOptions extends WeightOptions {
  /** An item is predicted positive where its score is at least this. @defaultValue 0.5 */
  readonly threshold?: number | undefined;
}

/** @internal */
export function confusionOf({ labels, scores, weights }: BinaryItems, threshold: number): ConfusionCounts {
  const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };
  for (let item = 0; item < scores.length; item++) {
    const weight = weights[item]!;
    if (scores[item]! >= threshold) counts[labels[item] ? 'truePositives' : 'falsePositives'] += weight;
    else counts[labels[item] ? 'falseNegatives' : 'trueNegatives'] += weight;
  }
  return counts;
}

/**
 * Counts of right and wrong predictions at a threshold.
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores that are not finite
 */
export function computeConfusion(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: ThresholdOptions = {},
): ConfusionCounts {
  const where = 'computeConfusion';
  return confusionOf(
    checkBinaryItems(where, labels, scores, options),
    checkThreshold(where, options.threshold),
  );
}

/**
 * Counts of right and wrong predictions that are given as labels.
 * @throws {@link MetricsError} `INPUT` for lists of unequal length and labels other than 0 and 1
 */
export function computeLabelConfusion(
  labels: BinaryLabels,
  predictions: BinaryLabels,
  options: WeightOptions = {},
): ConfusionCounts {
  const where = 'computeLabelConfusion';
  checkLengths(where, { labels, predictions });
  const items = {
    labels: checkLabels(where, labels),
    scores: Float64Array.from(checkLabels(where, predictions)),
    weights: checkWeights(where, options.weights, labels.length),
  };
  return confusionOf(items, 0.5);
}

const NO_POSITIVE = 'no item is positive';
const NO_NEGATIVE = 'no item is negative';
const NONE_PREDICTED = 'no item is predicted positive';
const NONE_INVOLVED = 'no item is positive or predicted positive';
const ALL_PREDICTED = 'no item is predicted negative';

type Fraction = readonly [part: number, whole: number, reason: string];

/**
 * Precision, recall, specificity and what else follows from the counts.
 *
 * @example
 * ```ts
 * const { precision, recall, f1 } = scoreConfusion({
 *   truePositives: 8,
 *   falsePositives: 2,
 *   falseNegatives: 4,
 *   trueNegatives: 86,
 * });
 * // 0.8, 0.6667, 0.7273
 * ```
 */
export function scoreConfusion(counts: ConfusionCounts): ConfusionScores {
  const { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = counts;
  const total = tp + fp + fn + tn;
  const oneClass = tp + fn > 0 ? NO_NEGATIVE : NO_POSITIVE;
  const onePrediction = tp + fp > 0 ? ALL_PREDICTED : NONE_PREDICTED;
  const hasBoth = tp + fn > 0 && tn + fp > 0;
  const recallPlus = hasBoth ? tp / (tp + fn) + tn / (tn + fp) : 0;
  const product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
  const chance = (tp + fp) * (tp + fn) + (tn + fp) * (tn + fn);
  const fractions: Record<Exclude<keyof ConfusionScores, 'reasons'>, Fraction> = {
    accuracy: [tp + tn, total, 'no items'],
    balancedAccuracy: [recallPlus, hasBoth ? 2 : 0, oneClass],
    precision: [tp, tp + fp, NONE_PREDICTED],
    recall: [tp, tp + fn, NO_POSITIVE],
    specificity: [tn, tn + fp, NO_NEGATIVE],
    negativePredictiveValue: [tn, tn + fn, ALL_PREDICTED],
    f1: [2 * tp, 2 * tp + fp + fn, NONE_INVOLVED],
    jaccardIndex: [tp, tp + fp + fn, NONE_INVOLVED],
    matthewsCorrelation: [tp * tn - fp * fn, Math.sqrt(product), hasBoth ? onePrediction : oneClass],
    cohenKappa: [2 * (tp * tn - fp * fn), total * total - chance, 'labels and predictions are all one class'],
  };
  return fromFractions(fractions);
}

function fromFractions<Name extends string>(
  fractions: Readonly<Record<Name, Fraction>>,
): Record<Name, number | undefined> & { reasons: Record<string, string> } {
  const entries = Object.entries<Fraction>(fractions);
  const scores = entries.map(([name, [part, whole]]) => [name, whole > 0 ? part / whole : undefined]);
  const reasons = entries
    .filter(([, [, whole]]) => !(whole > 0))
    .map(([name, [, , reason]]) => [name, reason]);
  return { ...Object.fromEntries(scores), reasons: Object.fromEntries(reasons) };
}
