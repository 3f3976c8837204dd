import { checkBinaryItems, undefinedError, type BinaryLabels, type WeightOptions } from './inputs.js';
import { rankItems, type Ranking } from './ranking.js';

/** Points of a receiver operating characteristic, strictest threshold first. */
export interface RocCurve {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  /** An item is called positive where its score is at least this; `Infinity` at the first point, where none is. */
  readonly thresholds: readonly number[];
}

/** Points of precision against recall, loosest threshold first. */
export interface PrecisionRecallCurve {
  /** One entry more than `thresholds`: the curve ends at precision 1, recall 0. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly thresholds: readonly number[];
}

/** Options of {@link computeRocCurve}. */
export interface RocOptions extends WeightOptions {
  /** Leaves out points on a straight line between their neighbours; the area is the same. @defaultValue false */
  readonly dropCollinear?: boolean | undefined;
}

type ClassWeights = Pick<Ranking, 'positives' | 'negatives'>;

/** The ranking where both classes have weight. @internal */
export function requireBothClasses<T extends ClassWeights>(where: string, ranking: T): T {
  if (ranking.positives > 0 && ranking.negatives > 0) return ranking;
  const only = ranking.positives > 0 ? 'positive' : 'negative';
  throw undefinedError(
    where,
    'items of both classes',
    `only ${only} ones`,
    'add items or leave the score out',
  );
}

/** The ranking where positives have weight. @internal */
export function requirePositives<T extends ClassWeights>(where: string, ranking: T): T {
  if (ranking.positives > 0) return ranking;
  throw undefinedError(where, 'a positive item', 'only negative ones', 'add items or leave the score out');
}

/** Points that neither sum bends at, but for the first and the last. */
function bends({ truePositives, falsePositives }: Ranking): boolean[] {
  const last = truePositives.length - 1;
  const isStraight = (sums: readonly number[], at: number) =>
    sums[at + 1]! - sums[at]! - (sums[at]! - sums[at - 1]!) === 0;
  return truePositives.map(
    (_, at) => at === 0 || at === last || !isStraight(truePositives, at) || !isStraight(falsePositives, at),
  );
}

/**
 * The receiver operating characteristic: the share of negatives and of positives at or above each distinct score.
 *
 * Reference: scikit-learn's `roc_curve` (whose versions before 1.3 start at the highest score + 1 instead of infinity).
 *
 * @example
 * ```ts
 * const { falsePositiveRate, truePositiveRate } = computeRocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * // falsePositiveRate [0, 0, 0.5, 0.5, 1], truePositiveRate [0, 0.5, 0.5, 1, 1]
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores that are not finite;
 * `UNDEFINED` where all labels are of one class
 */
export function computeRocCurve(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: RocOptions = {},
): RocCurve {
  const where = 'computeRocCurve';
  const ranking = requireBothClasses(where, rankItems(checkBinaryItems(where, labels, scores, options)));
  const keep = options.dropCollinear ? bends(ranking) : ranking.thresholds.map(() => true);
  const shares = (sums: readonly number[], total: number) => [
    0,
    ...sums.filter((_, at) => keep[at]).map((sum) => sum / total),
  ];
  return {
    falsePositiveRate: shares(ranking.falsePositives, ranking.negatives),
    truePositiveRate: shares(ranking.truePositives, ranking.positives),
    thresholds: [Infinity, ...ranking.thresholds.filter((_, at) => keep[at])],
  };
}

/**
 * Precision against recall at each distinct score.
 *
 * Reference: scikit-learn's `precision_recall_curve`, version 1.2.
 *
 * @throws {@link MetricsError} `INPUT` as {@link computeRocCurve}; `UNDEFINED` where no label is positive
 */
export function computePrecisionRecallCurve(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions = {},
): PrecisionRecallCurve {
  const where = 'computePrecisionRecallCurve';
  const { thresholds, truePositives, falsePositives, positives } = requirePositives(
    where,
    rankItems(checkBinaryItems(where, labels, scores, options)),
  );
  const precision = truePositives.map((hits, at) => precisionOf(hits, falsePositives[at]!));
  return {
    precision: [...precision.reverse(), 1],
    recall: [...truePositives.map((hits) => hits / positives).reverse(), 0],
    thresholds: [...thresholds].reverse(),
  };
}

/** Precision at one point of a ranking; 0 where the items above it weigh nothing. @internal */
export function precisionOf(truePositives: number, falsePositives: number): number {
  const predicted = truePositives + falsePositives;
  return predicted > 0 ? truePositives / predicted : 0;
}
