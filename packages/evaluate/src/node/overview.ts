import path from 'node:path';
import { comparisonTables, formatComparison, oursIn } from '../tables/comparison-tables.js';
import type { NamedEvaluation } from '../tables/our-rows.js';
import type { ResultsPage } from '../page/results-page.js';
import { readEvaluation } from './read-evaluation.js';

/** Evaluations of folders under the names of the folders, or those given in the same order. @throws {DataError} for a folder without one */
export async function readNamedEvaluations(
  folders: readonly string[],
  names: readonly (string | undefined)[] = [],
): Promise<NamedEvaluation[]> {
  const evaluations: NamedEvaluation[] = [];
  for (const [index, folder] of folders.entries())
    evaluations.push({
      name: names[index] ?? path.basename(path.resolve(folder)),
      evaluation: await readEvaluation(folder),
    });
  return evaluations;
}

/** The tables of the paper with rows of ours, for the top of a results page; those that no evaluation has a row for are left out. */
export function overviewOf(evaluations: readonly NamedEvaluation[]): NonNullable<ResultsPage['overview']> {
  return comparisonTables(evaluations)
    .map((table) => ({ table: formatComparison(table), ours: oursIn(table) }))
    .filter(({ ours }) => ours.size > 0);
}
