import type { TextItem } from '../text/items.js';

/** A score that may have no value, for instance where a class does not occur. */
export type Score = number | undefined;

/** Scores by name. */
export type Scores = Readonly<Record<string, Score>>;

/** What a metric knows of the run before the first item. */
export interface MetricContext {
  readonly itemCount: number;
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
