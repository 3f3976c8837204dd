import type { BootstrapInterval } from '@crrg/metrics';
import type { Intervals } from './intervals.js';

/** A score with its interval, as evaluations are written. Plain data. */
export type Score = Pick<BootstrapInterval, 'estimate' | 'low' | 'high'>;

/** Scores by name; one that the films leave undefined has no entry. */
export type Scores<Name extends string = string> = Readonly<Partial<Record<Name, Score>>>;

/** Estimate and bounds alone: level, seed and samples are those of the evaluation. */
export function toScores<Name extends string>(intervals: Intervals<Name>): Scores<Name> {
  const entries = Object.entries(intervals as Readonly<Record<string, BootstrapInterval>>);
  return Object.fromEntries(
    entries.map(([name, { estimate, low, high }]) => [name, { estimate, low, high }]),
  ) as Scores<Name>;
}
