import { precisionOf, requireBothClasses, requirePositives } from './curves.js';
import { checkBinaryItems, type BinaryLabels, type WeightOptions } from './inputs.js';
import { rankItems, type Ranking } from './ranking.js';

/** Area under the polygon through a ranking's points. @internal */
export function rocAreaOf(ranking: Ranking): number {
  const { truePositives, falsePositives, positives, negatives } = ranking;
  let area = 0;
  let left = 0;
  let below = 0;
  for (let at = 0; at < truePositives.length; at++) {
    area += ((falsePositives[at]! - left) * (truePositives[at]! + below)) / 2;
    left = falsePositives[at]!;
    below = truePositives[at]!;
  }
  return area / positives / negatives;
}

/** Sum of precision times the gain in recall. @internal */
export function averagePrecisionOf({ truePositives, falsePositives, positives }: Ranking): number {
  let sum = 0;
  let before = 0;
  truePositives.forEach((hits, at) => {
    sum += (hits - before) * precisionOf(hits, falsePositives[at]!);
    before = hits;
  });
  return sum / positives;
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
  return rocAreaOf(requireBothClasses(where, rankItems(checkBinaryItems(where, labels, scores, options))));
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
  return averagePrecisionOf(
    requirePositives(where, rankItems(checkBinaryItems(where, labels, scores, options))),
  );
}
