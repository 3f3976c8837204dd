import { MetricsError } from '../errors.js';
import { areasOf } from './areas.js';
import { scoreConfusion } from './confusion.js';
import { checkLengths, itemError } from './inputs.js';

/** Precision, recall and F1 averaged over classes, in [0, 1]; a class without items or predictions counts 0 where it is undefined. */
export interface ClassAverages {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Scores of a classifier that picks one of several classes. */
export interface MulticlassMetrics {
  /** Share of right predictions, in [0, 1]. */
  readonly accuracy: number;
  /** Mean recall of the classes that occur, in [0, 1]. */
  readonly balancedAccuracy: number;
  /** Items by true class (row) and predicted class (column). */
  readonly confusion: readonly (readonly number[])[];
  /** Equal to the accuracy. */
  readonly micro: ClassAverages;
  readonly macro: ClassAverages;
  /** Weighted by the items of each class. */
  readonly weighted: ClassAverages;
  /** Correlation of labels and predictions, in [-1, 1]. */
  readonly matthewsCorrelation: number | undefined;
  /** Agreement beyond chance, at most 1. */
  readonly cohenKappa: number | undefined;
  /** Mean negative logarithm (base e) of the probability of the true class. */
  readonly logLoss: number;
  /** Areas of each class against the rest, and of each pair of classes (Hand and Till, 2001); means, plain and weighted by items. */
  readonly auroc: {
    readonly oneVsRestMacro: number | undefined;
    readonly oneVsRestWeighted: number | undefined;
    readonly oneVsOneMacro: number | undefined;
    readonly oneVsOneWeighted: number | undefined;
  };
  /** Why each `undefined` score is so, by its name. */
  readonly reasons: Readonly<Record<string, string>>;
}

const EPSILON = 2 ** -52;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[], weights?: readonly number[]) =>
  weights ? sum(values.map((value, at) => value * weights[at]!)) / sum(weights) : sum(values) / values.length;

/**
 * How often each true class (row) was predicted as each class (column).
 * @throws {@link MetricsError} `INPUT` for lists of unequal length and classes outside [0, numClasses)
 */
export function computeConfusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  numClasses: number,
): number[][] {
  const where = 'computeConfusionMatrix';
  checkLengths(where, { labels, predictions });
  const matrix = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < numClasses;
  for (let item = 0; item < labels.length; item++) {
    const [label, prediction] = [labels[item]!, predictions[item]!];
    if (!isClass(label) || !isClass(prediction))
      throw itemError(
        where,
        item,
        `classes in 0..${numClasses - 1}`,
        `label ${label}, prediction ${prediction}`,
        'number the classes from 0',
      );
    matrix[label]![prediction]! += 1;
  }
  return matrix;
}

function countsOf(matrix: readonly (readonly number[])[], of: number) {
  const hits = matrix[of]![of]!;
  const labelled = sum(matrix[of]!);
  const predicted = sum(matrix.map((row) => row[of]!));
  return {
    truePositives: hits,
    falsePositives: predicted - hits,
    falseNegatives: labelled - hits,
    trueNegatives: sum(matrix.map(sum)) - labelled - predicted + hits,
  };
}

function averagesOf(matrix: readonly (readonly number[])[]) {
  const perClass = matrix.map((_, of) => scoreConfusion(countsOf(matrix, of)));
  const support = matrix.map(sum);
  const accuracy = sum(matrix.map((row, at) => row[at]!)) / sum(support);
  const over = (weights?: readonly number[]): ClassAverages => ({
    precision: mean(
      perClass.map(({ precision }) => precision ?? 0),
      weights,
    ),
    recall: mean(
      perClass.map(({ recall }) => recall ?? 0),
      weights,
    ),
    f1: mean(
      perClass.map(({ f1 }) => f1 ?? 0),
      weights,
    ),
  });
  return {
    accuracy,
    balancedAccuracy: mean(perClass.flatMap(({ recall }) => (recall === undefined ? [] : [recall]))),
    micro: { precision: accuracy, recall: accuracy, f1: accuracy },
    macro: over(),
    weighted: over(support),
  };
}

/** Gorodkin's correlation and Cohen's kappa, from the same sums. */
function agreementOf(matrix: readonly (readonly number[])[]) {
  const labelled = matrix.map(sum);
  const predicted = matrix.map((_, at) => sum(matrix.map((row) => row[at]!)));
  const total = sum(labelled);
  const chance = sum(labelled.map((count, at) => count * predicted[at]!));
  const beyond = sum(matrix.map((row, at) => row[at]!)) * total - chance;
  const spread = (counts: readonly number[]) => total * total - sum(counts.map((count) => count * count));
  const scale = Math.sqrt(spread(labelled) * spread(predicted));
  const room = total * total - chance;
  const reason = 'labels or predictions are all one class';
  return {
    matthewsCorrelation: scale > 0 ? beyond / scale : undefined,
    cohenKappa: room > 0 ? beyond / room : undefined,
    reasons: {
      ...(scale > 0 ? {} : { matthewsCorrelation: reason }),
      ...(room > 0 ? {} : { cohenKappa: reason }),
    },
  };
}

type Rows = readonly ArrayLike<number>[];

function areaAgainst(labels: ArrayLike<number>, rows: Rows, of: number, rest?: number): number | undefined {
  const items = Array.from({ length: labels.length }, (_, item) => item).filter(
    (item) => rest === undefined || labels[item] === of || labels[item] === rest,
  );
  const areas = areasOf({
    labels: Uint8Array.from(items, (item) => Number(labels[item] === of)),
    scores: Float64Array.from(items, (item) => rows[item]![of]!),
    weights: new Float64Array(items.length).fill(1),
  });
  return areas.positives > 0 && areas.negatives > 0 ? areas.auroc : undefined;
}

function areaMeansOf(labels: ArrayLike<number>, rows: Rows, support: readonly number[]) {
  const classes = support.map((_, of) => of);
  const rest = classes.map((of) => areaAgainst(labels, rows, of));
  const pairs = classes.flatMap((a) => classes.slice(a + 1).map((b) => [a, b] as const));
  const each = pairs.map(([a, b]) => {
    const [first, second] = [areaAgainst(labels, rows, a, b), areaAgainst(labels, rows, b, a)];
    return first === undefined || second === undefined ? undefined : (first + second) / 2;
  });
  const pairWeights = pairs.map(([a, b]) => support[a]! + support[b]!);
  const whole = (values: readonly (number | undefined)[], weights?: readonly number[]) =>
    values.includes(undefined) ? undefined : mean(values as number[], weights);
  return {
    oneVsRestMacro: whole(rest),
    oneVsRestWeighted: whole(rest, support),
    oneVsOneMacro: whole(each),
    oneVsOneWeighted: whole(each, pairWeights),
  };
}

function checkRows(where: string, labels: ArrayLike<number>, rows: Rows): number {
  checkLengths(where, { labels, 'rows of scores': rows });
  const numClasses = rows[0]!.length;
  rows.forEach((row, index) => {
    const isGood = row.length === numClasses && Array.from(row).every((p) => p >= 0 && p <= 1);
    if (isGood && Math.abs(sum(Array.from(row)) - 1) <= 1e-3) return;
    throw itemError(
      where,
      index,
      `${numClasses} probabilities that add up to 1`,
      `[${Array.from(row).join(', ')}]`,
      'apply softmax to logits first',
    );
  });
  if (numClasses >= 2) return numClasses;
  throw new MetricsError(
    'INPUT',
    `metrics.${where}: expected at least 2 classes, got ${numClasses}; use the binary scores.`,
  );
}

function argmax(row: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < row.length; at++) if (row[at]! > row[best]!) best = at;
  return best;
}

/**
 * Scores of class probabilities against the true classes; the prediction is the class of the highest probability, the first on a tie.
 *
 * Reference: scikit-learn.
 *
 * @param labels class of each item, from 0
 * @param probabilities one row an item, one column a class
 * @throws {@link MetricsError} `INPUT` for unequal lengths, classes out of range, rows that are no probabilities
 */
export function computeMulticlassMetrics(
  labels: ArrayLike<number>,
  probabilities: readonly ArrayLike<number>[],
): MulticlassMetrics {
  const numClasses = checkRows('computeMulticlassMetrics', labels, probabilities);
  const confusion = computeConfusionMatrix(labels, probabilities.map(argmax), numClasses);
  const { reasons, ...agreement } = agreementOf(confusion);
  const auroc = areaMeansOf(labels, probabilities, confusion.map(sum));
  const clip = (p: number) => Math.min(Math.max(p, EPSILON), 1 - EPSILON);
  const losses = probabilities.map((row, item) => {
    const clipped = Array.from(row, clip);
    return Math.log(sum(clipped)) - Math.log(clipped[labels[item]!]!);
  });
  return {
    ...averagesOf(confusion),
    ...agreement,
    confusion,
    logLoss: mean(losses),
    auroc,
    reasons: auroc.oneVsRestMacro === undefined ? { ...reasons, auroc: 'a class has no items' } : reasons,
  };
}
