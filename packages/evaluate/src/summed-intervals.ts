import { computeBootstrapIntervals, groupByPatient } from '@crrg/metrics';
import type { EvaluationOptions, Intervals, PatientItem } from './intervals.js';

/** An item whose scores are made of sums: counts, areas, statistics. */
export interface SummedItem extends PatientItem {
  /** Vectors by name; those of one name have one length. A name that an item lacks adds nothing. */
  readonly sums: Readonly<Record<string, readonly number[]>>;
}

/** The sum of a name over a sample; zeros where no item has it. Valid until the next sample. */
export type SumOf = (name: string) => Float64Array;

/** What sums of names without items are read from; longer than any vector in use. */
const NOTHING = new Float64Array(64);

interface Layout {
  readonly places: ReadonlyMap<string, { readonly start: number; readonly length: number }>;
  readonly width: number;
}

function layoutOf(items: readonly SummedItem[]): Layout {
  const places = new Map<string, { start: number; length: number }>();
  let width = 0;
  for (const { sums } of items)
    for (const [name, { length }] of Object.entries(sums)) {
      if (places.has(name)) continue;
      places.set(name, { start: width, length });
      width += length;
    }
  return { places, width };
}

function sumOfPatient(items: readonly SummedItem[], { places, width }: Layout): Float64Array {
  const total = new Float64Array(width);
  for (const { sums } of items)
    for (const [name, values] of Object.entries(sums)) {
      const { start } = places.get(name)!;
      values.forEach((value, at) => (total[start + at]! += value));
    }
  return total;
}

/**
 * Scores that are made of sums over items, with intervals from samples of patients. The items of a patient are added up once, so that
 * a sample costs as much as there are patients, whatever their films hold.
 *
 * @example
 * ```ts
 * const films = [{ patient: 'a', sums: { hits: [1, 2] } }, { patient: 'b', sums: { hits: [3, 4] } }];
 * computeSummedIntervals(films, (sumOf) => ({ recall: sumOf('hits')[0]! / sumOf('hits')[1]! })).recall?.estimate; // 4 / 6
 * ```
 * @throws `MetricsError` for no items
 */
export function computeSummedIntervals<Name extends string>(
  items: readonly SummedItem[],
  scoresOf: (sumOf: SumOf) => Readonly<Partial<Record<Name, number | undefined>>>,
  options: EvaluationOptions = {},
): Intervals<Name> {
  const layout = layoutOf(items);
  const patients = groupByPatient(items).map((group) => sumOfPatient(group, layout));
  const total = new Float64Array(layout.width);
  const sumOf: SumOf = (name) => {
    const place = layout.places.get(name);
    return place ? total.subarray(place.start, place.start + place.length) : NOTHING;
  };
  const statistics = (indices: Uint32Array) => {
    total.fill(0);
    for (const index of indices) {
      const patient = patients[index]!;
      for (let at = 0; at < total.length; at++) total[at]! += patient[at]!;
    }
    return scoresOf(sumOf);
  };
  return computeBootstrapIntervals(patients.length, statistics, options) as Intervals<Name>;
}

/** A share; undefined of nothing. */
export const shareOf = (part: number, whole: number): number | undefined =>
  whole > 0 ? part / whole : undefined;
