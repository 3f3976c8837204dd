import {
  computeBootstrapIntervals,
  groupByPatient,
  type BootstrapInterval,
  type BootstrapOptions,
} from '@crrg/metrics';

/** What is drawn together in a bootstrap: everything of one patient. */
export interface PatientItem {
  /** @defaultValue each item is a patient */
  readonly patient?: string | undefined;
}

/** Options of every evaluation: of its bootstrap over patients. */
export type EvaluationOptions = Pick<BootstrapOptions, 'numResamples' | 'level' | 'seed'>;

/** Scores with intervals by name; one that the items leave undefined has no entry. */
export type Intervals<Name extends string> = Readonly<Partial<Record<Name, BootstrapInterval>>>;

/** A score of some of the items; undefined where they do not define it. */
export type ItemStatistic<Item> = (items: readonly Item[]) => number | undefined;

/**
 * Scores of items with intervals from samples of patients, the same samples for all of them.
 *
 * @example
 * ```ts
 * const { recall } = computeIntervals(films, { recall: (sample) => recallOf(sample) });
 * ```
 * @throws `MetricsError` for no items
 */
export function computeIntervals<Item extends PatientItem, Name extends string>(
  items: readonly Item[],
  statistics: Readonly<Record<Name, ItemStatistic<Item>>>,
  options: EvaluationOptions = {},
): Intervals<Name> {
  const patients = groupByPatient(items);
  const names = Object.keys(statistics) as Name[];
  const scoresOf = (indices: Uint32Array) => {
    const sample = Array.from(indices, (index) => patients[index]!).flat();
    return Object.fromEntries(names.map((name) => [name, statistics[name](sample)]));
  };
  return computeBootstrapIntervals(patients.length, scoresOf, options) as Intervals<Name>;
}

/** Mean of numbers; undefined for none. */
export function meanOf(values: readonly number[]): number | undefined {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}
