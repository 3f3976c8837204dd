import path from 'node:path';
import { writeFileAtomically, writingTo } from '@crrg/core/node';
import type { IntervalSettings } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';

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

/** Writes `evaluation.json`. */
export async function writeEvaluation(folder: string, evaluation: object): Promise<void> {
  const file = path.join(folder, 'evaluation.json');
  await writingTo(file, () => writeFileAtomically(file, `${JSON.stringify(evaluation, undefined, 2)}\n`));
}
