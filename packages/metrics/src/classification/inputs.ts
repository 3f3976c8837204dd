import { MetricsError } from '../errors.js';

/** Labels of one condition: 1 or true where it is present, 0 or false where it is not. */
export type BinaryLabels = ArrayLike<number | boolean>;

/** Options that every score of labelled items understands. */
export interface WeightOptions {
  /** How much each item counts, at least 0. @defaultValue every item 1 */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Checked labels, scores and weights of one length. @internal */
export interface BinaryItems {
  readonly labels: Uint8Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
}

const show = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/** An error about one item. @internal */
export function itemError(where: string, index: number, expected: string, got: unknown, advice: string) {
  return new MetricsError(
    'INPUT',
    `metrics.${where}: expected ${expected} for item ${index}, got ${show(got)}; ${advice}.`,
    { details: { index } },
  );
}

/** An error about a score that these items leave undefined. @internal */
export function undefinedError(where: string, expected: string, got: string, advice: string) {
  return new MetricsError('UNDEFINED', `metrics.${where}: expected ${expected}, got ${got}; ${advice}.`);
}

/** Refuses lists of unequal length and empty ones. @internal */
export function checkLengths(where: string, lists: Readonly<Record<string, ArrayLike<unknown>>>): void {
  const lengths = Object.entries(lists).map(([name, list]) => `${list.length} ${name}`);
  const sizes = new Set(Object.values(lists).map((list) => list.length));
  if (sizes.size > 1)
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected lists of one length, got ${lengths.join(', ')}; give one entry per item.`,
    );
  if (sizes.has(0))
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected at least one item, got none; check what was read.`,
    );
}

/** Labels as 0 and 1. @internal */
export function checkLabels(where: string, labels: BinaryLabels): Uint8Array {
  return Uint8Array.from(labels, (label, index) => {
    const value = typeof label === 'boolean' ? Number(label) : label;
    if (value === 0 || value === 1) return value;
    throw itemError(where, index, 'a label 0 or 1', label, 'leave out what was not assessed');
  });
}

/** Finite scores. @internal */
export function checkScores(where: string, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score, index) => {
    if (typeof score === 'number' && Number.isFinite(score)) return score;
    throw itemError(where, index, 'a finite score', score, 'repair or leave out the item');
  });
}

/** Weights that are finite and not negative; ones where none are given. @internal */
export function checkWeights(
  where: string,
  weights: ArrayLike<number> | undefined,
  length: number,
): Float64Array {
  if (!weights) return new Float64Array(length).fill(1);
  checkLengths(where, { items: { length }, weights });
  const checked = Float64Array.from(weights, (weight, index) => {
    if (Number.isFinite(weight) && weight >= 0) return weight;
    throw itemError(where, index, 'a weight of at least 0', weight, 'repair the weights');
  });
  if (checked.some((weight) => weight > 0)) return checked;
  throw new MetricsError(
    'INPUT',
    `metrics.${where}: expected a weight above 0, got none; leave the weights out.`,
  );
}

/** Labels, scores and weights, checked. @internal */
export function checkBinaryItems(
  where: string,
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  { weights }: WeightOptions = {},
): BinaryItems {
  checkLengths(where, { labels, scores });
  return {
    labels: checkLabels(where, labels),
    scores: checkScores(where, scores),
    weights: checkWeights(where, weights, labels.length),
  };
}

/** Refuses scores that are no probabilities. @internal */
export function checkProbabilities(where: string, { scores }: BinaryItems): void {
  const index = scores.findIndex((score) => score < 0 || score > 1);
  if (index >= 0)
    throw itemError(
      where,
      index,
      'a probability in [0, 1]',
      scores[index],
      'map logits to probabilities first',
    );
}

/** A threshold that scores can be compared with. @internal */
export function checkThreshold(where: string, threshold: number = 0.5): number {
  if (typeof threshold === 'number' && !Number.isNaN(threshold)) return threshold;
  throw new MetricsError(
    'OPTION',
    `metrics.${where}: expected threshold to be a number, got ${show(threshold)}; 0.5 is usual for probabilities.`,
  );
}
