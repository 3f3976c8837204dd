import type { BinaryItems } from './inputs.js';

/**
 * Weight of the positives and negatives at or above every distinct score, highest score first.
 * @internal
 */
export interface Ranking {
  readonly thresholds: readonly number[];
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
  /** Weight of all positives. */
  readonly positives: number;
  /** Weight of all negatives. */
  readonly negatives: number;
}

/**
 * Sums over the items in order of falling score; items of equal score enter together, so that ties have no order.
 * @internal
 */
export function rankItems({ labels, scores, weights }: BinaryItems): Ranking {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || b - a);
  const thresholds: number[] = [];
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let positives = 0;
  let negatives = 0;
  order.forEach((item, rank) => {
    if (labels[item]) positives += weights[item]!;
    else negatives += weights[item]!;
    if (rank + 1 < order.length && scores[order[rank + 1]!] === scores[item]) return;
    thresholds.push(scores[item]!);
    truePositives.push(positives);
    falsePositives.push(negatives);
  });
  return { thresholds, truePositives, falsePositives, positives, negatives };
}
