import type { TextItem } from '../text/items.js';

/** A score that may have no value, for instance where a class does not occur. */
export type Score = number | undefined;

/** Scores by name. */
export type Scores = Readonly<Record<string, Score>>;

/** What the totals of a metric are made of: numbers of each item that add up, so that totals of other items need no texts. */
export interface ItemStatistics {
  /** How many numbers an item has. */
  readonly width: number;
  /** The numbers of the first item, then those of the second, ... */
  readonly values: Float64Array;
  /** The totals of some items, of which `sums` holds the summed numbers. */
  readonly totals: (sums: Float64Array, itemCount: number) => Scores;
}

/** What a metric knows of the run before the first item. */
export interface MetricContext {
  readonly itemCount: number;
  /** Whether `statistics` will be asked for. */
  readonly keepStatistics?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A metric at work on one run. */
export interface RunningMetric {
  /** What a reader needs to get the same numbers, after name, version and texts. */
  readonly signature: Readonly<Record<string, string>>;
  /** Sees every item before the first is scored, where the metric needs that. */
  readonly prepare?: ((item: TextItem) => void) | undefined;
  /** The scores of one item. */
  readonly score: (item: TextItem) => Scores;
  /** The scores of one item with pauses, where it can take long; `score` is not asked then. @internal */
  readonly scoreSteps?: ((item: TextItem) => Generator<void, Scores, void>) | undefined;
  /** The scores of all items. */
  readonly finish: () => Scores;
  /** What `finish` made the scores of, where they can be made again of some of the items; asked last. */
  readonly statistics?: (() => ItemStatistics) | undefined;
}

/**
 * A metric for {@link evaluateReports}; write one to score something else with the same call.
 *
 * @example
 * ```ts
 * const lengthRatio: ReportMetric = {
 *   name: 'lengthRatio',
 *   text: 'tokenized',
 *   start: () => {
 *     let [candidate, reference] = [0, 0];
 *     return {
 *       signature: {},
 *       score: (item) => {
 *         candidate += item.candidate.length;
 *         reference += item.references[0]!.length;
 *         return { lengthRatio: item.candidate.length / item.references[0]!.length };
 *       },
 *       finish: () => ({ lengthRatio: candidate / reference }),
 *     };
 *   },
 * };
 * ```
 */
export interface ReportMetric {
  readonly name: string;
  /** Whether it gets the texts as they are given or as the tokenizer leaves them. */
  readonly text: 'raw' | 'tokenized';
  readonly start: (context: MetricContext) => RunningMetric | Promise<RunningMetric>;
}
