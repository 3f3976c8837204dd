import { MetricsError } from '../errors.js';
import type { ReportEvaluation } from './evaluate.js';
import type { Scores } from './metric.js';

/** The numbers of all metrics of a run, summed over groups of items that belong together. */
export class GroupedStatistics {
  /** How many groups there are. */
  readonly groupCount: number;
  /** Numbers of a group: those of all metrics, and how many items it has. */
  readonly width: number;
  /** The numbers of the first group, then those of the second, ... */
  readonly values: Float64Array;
  readonly #metrics: readonly NonNullable<ReportEvaluation['statistics']>[string][];

  /** @throws {@link MetricsError} `INPUT` where the groups are not those of the items, `OPTION` where the run kept no statistics */
  constructor(
    where: string,
    evaluation: ReportEvaluation,
    groups: readonly (string | undefined)[] | undefined,
  ) {
    const { statistics, itemCount } = evaluation;
    if (!statistics)
      throw new MetricsError(
        'OPTION',
        `metrics.${where}: expected an evaluation with statistics, got one without; evaluate with keepStatistics: true.`,
      );
    if (groups && groups.length !== itemCount)
      throw new MetricsError(
        'INPUT',
        `metrics.${where}: expected a patient for each of ${itemCount} items, got ${groups.length}; give one per item, undefined where it is not known.`,
      );
    this.#metrics = Object.values(statistics);
    const groupOf = numbered(itemCount, groups);
    this.groupCount = groupOf.reduce((most, group) => Math.max(most, group + 1), 0);
    this.width = this.#metrics.reduce((sum, { width }) => sum + width, 1);
    this.values = new Float64Array(this.groupCount * this.width);
    let offset = 0;
    for (const { width, values } of this.#metrics) {
      groupOf.forEach((group, item) => {
        for (let at = 0; at < width; at++)
          this.values[group * this.width + offset + at]! += values[item * width + at]!;
      });
      offset += width;
    }
    for (const group of groupOf) this.values[group * this.width + offset]! += 1;
  }

  /** The scores of items whose numbers add up to these. */
  scoresOf(sums: Float64Array): Scores {
    const count = sums[this.width - 1]!;
    let start = 0;
    const parts = this.#metrics.map(({ width, totals }) => {
      const part = sums.subarray(start, start + width);
      start += width;
      return totals(part, count);
    });
    return Object.assign({}, ...parts) as Scores;
  }
}

/** A number for each item's group, from 0 in order of first appearance; an item without a group is one of its own. */
function numbered(itemCount: number, groups: readonly (string | undefined)[] | undefined): number[] {
  const numbers = new Map<string | number, number>();
  return Array.from({ length: itemCount }, (_, item) => {
    const key = groups?.[item] ?? item;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

/** Adds the numbers of groups, each as often as its weight says. */
export function addGroups(
  sums: Float64Array,
  weights: ArrayLike<number>,
  values: Float64Array,
  width: number,
): void {
  for (let group = 0; group < weights.length; group++) {
    const weight = weights[group]!;
    if (weight === 0) continue;
    const start = group * width;
    for (let at = 0; at < width; at++) sums[at]! += weight * values[start + at]!;
  }
}

/** How often each group was drawn. */
export function countDraws(indices: Uint32Array, counts: Uint32Array): Uint32Array {
  counts.fill(0);
  for (let draw = 0; draw < indices.length; draw++) counts[indices[draw]!]! += 1;
  return counts;
}
