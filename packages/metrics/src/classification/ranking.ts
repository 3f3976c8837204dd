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
 * Items in the order of their scores, the highest first; the later of equals first. By native sorting of the scores, which is several
 * times faster than sorting items by a comparison.
 * @internal
 */
export function rankOrder(scores: Float64Array): Uint32Array {
  const sorted = scores.map((score) => -score).sort();
  const starts = new Uint32Array(sorted.length);
  const order = new Uint32Array(scores.length);
  for (let item = scores.length - 1; item >= 0; item--) {
    const first = firstOf(sorted, -scores[item]!);
    order[first + starts[first]!++] = item;
  }
  return order;
}

/** The first place of a value that is in a sorted list. */
function firstOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Walks through the distinct scores, the highest first, with the weight of positives and of negatives that have at least that score.
 * `order` as of {@link rankOrder}.
 * @internal
 */
export function forEachPoint(
  { labels, scores, weights }: BinaryItems,
  order: Uint32Array,
  visit: (threshold: number, truePositives: number, falsePositives: number) => void,
): { positives: number; negatives: number } {
  let positives = 0;
  let negatives = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const item = order[rank]!;
    if (labels[item]) positives += weights[item]!;
    else negatives += weights[item]!;
    if (rank + 1 < order.length && scores[order[rank + 1]!] === scores[item]) continue;
    visit(scores[item]!, positives, negatives);
  }
  return { positives, negatives };
}

/**
 * Sums over the items in order of falling score; items of equal score enter together, so that ties have no order.
 * @internal
 */
export function rankItems(items: BinaryItems): Ranking {
  const thresholds: number[] = [];
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  const sums = forEachPoint(items, rankOrder(items.scores), (threshold, hits, alarms) => {
    thresholds.push(threshold);
    truePositives.push(hits);
    falsePositives.push(alarms);
  });
  return { thresholds, truePositives, falsePositives, ...sums };
}
