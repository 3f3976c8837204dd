import { precisionOf, requireBothClasses, requirePositives } from './curves.js';
import { checkBinaryItems, type BinaryItems, type BinaryLabels, type WeightOptions } from './inputs.js';
import { forEachPoint, rankOrder } from './ranking.js';

/** Both areas of a ranking, from one walk through it. Not a number where a class has no weight. @internal */
export interface Areas {
  readonly positives: number;
  readonly negatives: number;
  /** Area under the polygon through the ranking's points. */
  readonly auroc: number;
  /** Sum of precision times the gain in recall. */
  readonly averagePrecision: number;
}

/** @internal */
export function areasOf(items: BinaryItems, order: Uint32Array = rankOrder(items.scores)): Areas {
  let area = 0;
  let sum = 0;
  let left = 0;
  let below = 0;
  const { positives, negatives } = forEachPoint(items, order, (_, hits, alarms) => {
    area += ((alarms - left) * (hits + below)) / 2;
    sum += (hits - below) * precisionOf(hits, alarms);
    left = alarms;
    below = hits;
  });
  return { positives, negatives, auroc: area / positives / negatives, averagePrecision: sum / positives };
}

/**
 * Area under the receiver operating characteristic, in [0, 1]: the chance that a positive item has a higher score than a negative
 * one, ties counting half.
 *
 * Reference: scikit-learn's `roc_auc_score`.
 *
 * @example
 * ```ts
 * computeAuroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]); // 0.75
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores that are not finite;
 * `UNDEFINED` where all labels are of one class
 */
export function computeAuroc(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions = {},
): number {
  const where = 'computeAuroc';
  return requireBothClasses(where, areasOf(checkBinaryItems(where, labels, scores, options))).auroc;
}

/**
 * Average precision, in [0, 1]: the mean of the precision at each score, weighted by the recall gained there. Not interpolated.
 *
 * Reference: scikit-learn's `average_precision_score`, which gives 0 for labels without a positive; here that is an error.
 *
 * @throws {@link MetricsError} `INPUT` as {@link computeAuroc}; `UNDEFINED` where no label is positive
 */
export function computeAveragePrecision(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions = {},
): number {
  const where = 'computeAveragePrecision';
  return requirePositives(where, areasOf(checkBinaryItems(where, labels, scores, options))).averagePrecision;
}
