import path from 'node:path';
import type { AbortOptions } from '@crrg/core';
import { writeFileAtomically, writingTo } from '@crrg/core/node';
import type { Evaluation, IntervalSettings } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';
import { writeResultsPage, type EvaluationOnPage } from './write-results-page.js';

/** How intervals come about, with the defaults filled in. */
export const intervalSettings = ({
  level = 0.95,
  numResamples = 1000,
  seed = 0,
}: EvaluationOptions): IntervalSettings => ({
  method: 'percentile bootstrap over patients',
  level,
  numResamples,
  seed,
});

/** What is written beside `evaluation.json`. */
interface ResultFiles extends AbortOptions {
  /** Text of `predictions.csv`. @defaultValue none */
  readonly predictions?: string | undefined;
  readonly page: Pick<EvaluationOnPage, 'name' | 'images' | 'runs'> & { readonly title: string };
}

/** Writes `evaluation.json`, `predictions.csv` and the results page. */
export async function writeResults(
  folder: string,
  evaluation: Evaluation,
  { predictions, page: { title, ...page }, signal }: ResultFiles,
): Promise<void> {
  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    return writingTo(file, () => writeFileAtomically(file, text));
  };
  if (predictions !== undefined) await write('predictions.csv', predictions);
  await write('evaluation.json', `${JSON.stringify(evaluation, undefined, 2)}\n`);
  await writeResultsPage(folder, [{ folder, ...page }], { title, signal });
}
