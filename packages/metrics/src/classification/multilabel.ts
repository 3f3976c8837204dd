import { MetricsError } from '../errors.js';
import { binaryMetricsOf, rankingScores, type BinaryMetrics } from './binary.js';
import { confusionOf, scoreConfusion } from './confusion.js';
import {
  checkBinaryItems,
  checkLengths,
  checkThreshold,
  type BinaryItems,
  type BinaryLabels,
} from './inputs.js';

/** Scores averaged over conditions or items; each in [0, 1]. */
export interface AveragedScores {
  readonly precision: number | undefined;
  readonly recall: number | undefined;
  readonly f1: number | undefined;
  readonly jaccardIndex: number | undefined;
  readonly auroc: number | undefined;
  readonly averagePrecision: number | undefined;
  /** Why each `undefined` score is so, by its name. */
  readonly reasons: Readonly<Record<string, string>>;
  /** How many conditions or items each score was averaged over: those that define it. Absent for pooled (micro) scores. */
  readonly averagedOver?: Readonly<Record<string, number>> | undefined;
}

/**
 * What an undefined part of an average counts as: left out (the average says how many were in), a number (as scikit-learn's
 * `zero_division`; areas of one class stay left out), or the average is undefined too.
 */
export type UndefinedParts = 'skip' | 'undefined' | 0 | 1;

/** Options of {@link computeMultilabelMetrics}. */
export interface MultilabelOptions {
  /** A condition is predicted where its score is at least this; one number for all, or one each. @defaultValue 0.5 */
  readonly threshold?: number | readonly number[] | undefined;
  /** Names of the conditions, for messages and results. @defaultValue '0', '1', ... */
  readonly names?: readonly string[] | undefined;
  /** How scores that one condition or item leaves undefined enter an average. @defaultValue 'skip' */
  readonly undefinedParts?: UndefinedParts | undefined;
}

/** Scores of several conditions that are judged for the same items. */
export interface MultilabelMetrics {
  readonly names: readonly string[];
  readonly perLabel: readonly BinaryMetrics[];
  /** Of the counts of all conditions together. */
  readonly micro: AveragedScores;
  /** Mean over conditions. */
  readonly macro: AveragedScores;
  /** Mean over conditions, each weighted by its number of positives. */
  readonly weighted: AveragedScores;
  /** Example-based: mean over items. */
  readonly samples: AveragedScores;
  /** Share of items with every condition right, in [0, 1]. */
  readonly subsetAccuracy: number;
  /** Share of wrong labels, in [0, 1]. */
  readonly hammingLoss: number;
}

const WHERE = 'computeMultilabelMetrics';
const NAMES = ['precision', 'recall', 'f1', 'jaccardIndex', 'auroc', 'averagePrecision'] as const;
type ScoreName = (typeof NAMES)[number];
type PartScores = Readonly<Record<ScoreName, number | undefined>>;

const NOTHING = Object.fromEntries(NAMES.map((name) => [name, undefined])) as PartScores;

/** An area of one class has no conventional value; the others have. */
const hasConvention = (name: ScoreName) => name !== 'auroc';

/** What an undefined score of a part counts as. */
const fillOf = (name: ScoreName, undefinedParts: UndefinedParts) =>
  typeof undefinedParts === 'number' && hasConvention(name) ? undefinedParts : undefined;

/** Pooled scores with the convention in place of undefined ones. */
function filled(scores: AveragedScores, undefinedParts: UndefinedParts): AveragedScores {
  const values = NAMES.map((name) => [name, scores[name] ?? fillOf(name, undefinedParts)] as const);
  const isUndefined = new Set<string>(values.flatMap(([name, value]) => (value === undefined ? [name] : [])));
  const reasons = Object.entries(scores.reasons).filter(([name]) => isUndefined.has(name));
  return { ...NOTHING, ...Object.fromEntries(values), reasons: Object.fromEntries(reasons) };
}

/** The weighted mean of the defined values, `unweighted` where nothing weighs anything, or why there is none. */
function weightedMean(
  values: readonly (number | undefined)[],
  weights: readonly number[],
  isStrict: boolean,
  unweighted: number | undefined,
): number | string {
  const numUndefined = values.filter((value) => value === undefined).length;
  if (numUndefined === values.length || (isStrict && numUndefined > 0))
    return `${numUndefined} of ${values.length} parts are undefined`;
  const total = weights.reduce((sum, weight, at) => sum + (values[at] === undefined ? 0 : weight), 0);
  if (total === 0) return unweighted ?? 'no label is positive';
  return values.reduce<number>((sum, value, at) => sum + (value ?? 0) * weights[at]!, 0) / total;
}

function average(
  parts: readonly PartScores[],
  weights: readonly number[],
  undefinedParts: UndefinedParts,
): AveragedScores {
  const scores: Partial<Record<ScoreName, number>> = {};
  const reasons: Record<string, string> = {};
  const averagedOver: Record<string, number> = {};
  for (const name of NAMES) {
    const fill = fillOf(name, undefinedParts);
    const values = parts.map((part) => part[name] ?? fill);
    // As scikit-learn: without a positive label the weighted mean is the convention's where no part defines the score, else 0.
    const isDefined = parts.some((part) => part[name] !== undefined);
    const unweighted = fill !== undefined && isDefined ? 0 : fill;
    const mean = weightedMean(values, weights, undefinedParts === 'undefined', unweighted);
    averagedOver[name] = values.filter((value) => value !== undefined).length;
    if (typeof mean === 'number') scores[name] = mean;
    else reasons[name] = mean;
  }
  return { ...NOTHING, ...scores, reasons, averagedOver };
}

/** All conditions as one set of items. */
function pool(columns: readonly BinaryItems[]): BinaryItems {
  const join = (of: (column: BinaryItems) => ArrayLike<number>) =>
    columns.flatMap((column) => Array.from(of(column)));
  return {
    labels: Uint8Array.from(join(({ labels }) => labels)),
    scores: Float64Array.from(join(({ scores }) => scores)),
    weights: Float64Array.from(join(({ weights }) => weights)),
  };
}

/** The same items with decisions, 0 or 1, in place of scores. */
function decide(items: BinaryItems, threshold: number): BinaryItems {
  return { ...items, scores: items.scores.map((score) => Number(score >= threshold)) };
}

function partScores(
  items: BinaryItems,
  decisions: BinaryItems,
): PartScores & { reasons: Record<string, string> } {
  const { precision, recall, f1, jaccardIndex, reasons } = scoreConfusion(confusionOf(decisions, 0.5));
  const areas = rankingScores(items);
  const scores = {
    precision,
    recall,
    f1,
    jaccardIndex,
    auroc: areas.auroc,
    averagePrecision: areas.averagePrecision,
  };
  const all: Record<string, string> = { ...reasons, ...areas.reasons };
  return { ...scores, reasons: Object.fromEntries(Object.entries(all).filter(([name]) => name in scores)) };
}

function transpose(columns: readonly BinaryItems[]): BinaryItems[] {
  const count = columns[0]!.labels.length;
  return Array.from({ length: count }, (_, item) => ({
    labels: Uint8Array.from(columns, ({ labels }) => labels[item]!),
    scores: Float64Array.from(columns, ({ scores }) => scores[item]!),
    weights: new Float64Array(columns.length).fill(1),
  }));
}

/** The rows of a matrix of labels and scores as one set of items a condition. */
function toColumns(
  labels: readonly BinaryLabels[],
  scores: readonly ArrayLike<number>[],
  names: readonly string[],
): BinaryItems[] {
  checkLengths(WHERE, { labels, scores });
  if (names.length === 0)
    throw new MetricsError(
      'INPUT',
      `metrics.${WHERE}: expected at least one condition, got none; give a column for each.`,
    );
  labels.forEach((row, index) => {
    if (row.length === names.length && scores[index]!.length === names.length) return;
    throw new MetricsError(
      'INPUT',
      `metrics.${WHERE}: expected ${names.length} labels and scores for item ${index}, got ${row.length} and ${scores[index]!.length}; give one for each condition.`,
      { details: { index } },
    );
  });
  return names.map((name, at) =>
    checkBinaryItems(
      `${WHERE} (${name})`,
      labels.map((row) => row[at]!),
      scores.map((row) => row[at]!),
    ),
  );
}

/**
 * Scores of several conditions for the same items: each alone, pooled (micro), averaged over conditions (macro, weighted) and over
 * items (example-based).
 *
 * Reference: scikit-learn with `average` micro, macro, weighted and samples. Where it substitutes 0 (`zero_division`), `undefinedParts: 0`
 * does the same; where it refuses an area of one class, the average is over the others and says so in `averagedOver`.
 *
 * @param labels one row an item, one column a condition
 * @param scores the same shape
 * @throws {@link MetricsError} `INPUT` for unequal shapes, labels other than 0 and 1, scores that are not finite
 */
export function computeMultilabelMetrics(
  labels: readonly BinaryLabels[],
  scores: readonly ArrayLike<number>[],
  options: MultilabelOptions = {},
): MultilabelMetrics {
  const { threshold = 0.5, undefinedParts = 'skip' } = options;
  const names = options.names ?? Array.from(labels[0] ?? [], (_, at) => String(at));
  const columns = toColumns(labels, scores, names);
  const thresholds = names.map((name, at) =>
    checkThreshold(`${WHERE} (${name})`, typeof threshold === 'number' ? threshold : (threshold[at] ?? NaN)),
  );
  const perLabel = columns.map((items, at) => binaryMetricsOf(items, thresholds[at]!));
  const decisions = columns.map((items, at) => decide(items, thresholds[at]!));
  const decidedItems = transpose(decisions);
  const perItem = transpose(columns).map((items, at) => partScores(items, decidedItems[at]!));
  const wrong = decidedItems.map(
    ({ labels: truth, scores: decided }) => truth.filter((label, at) => label !== decided[at]).length,
  );
  const support = columns.map((items) => items.labels.reduce((sum, label) => sum + label, 0));
  const ones = (count: number) => new Array<number>(count).fill(1);
  return {
    names,
    perLabel,
    micro: filled(partScores(pool(columns), pool(decisions)), undefinedParts),
    macro: average(perLabel, ones(names.length), undefinedParts),
    weighted: average(perLabel, support, undefinedParts),
    samples: average(perItem, ones(labels.length), undefinedParts),
    subsetAccuracy: wrong.filter((count) => count === 0).length / labels.length,
    hammingLoss: wrong.reduce((sum, count) => sum + count, 0) / labels.length / names.length,
  };
}
