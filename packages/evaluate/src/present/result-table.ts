import type { Score, Scores } from '../score.js';

/** A table of an evaluation, for people. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines under the table. */
  readonly notes: readonly string[];
}

/** A number as tables show it. */
export const formatNumber = (value: number, digits = 3): string => value.toFixed(digits);

/** `0.820 (0.768 to 0.862)`, or a dash. */
export function formatScore(score: Score | undefined, digits = 3): string {
  if (!score) return '–';
  const [estimate, low, high] = [score.estimate, score.low, score.high].map((value) => value.toFixed(digits));
  return `${estimate} (${low} to ${high})`;
}

/** A share of the films in percent. */
export const formatPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Cells of named scores in order. */
export const scoreCells = (scores: Scores, names: readonly string[]): string[] =>
  names.map((name) => formatScore(scores[name]));
