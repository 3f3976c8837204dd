import type { WarningListener } from '@crrg/core';
import type { StudyTrainingListener } from '@crrg/train/node';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CliIo } from '../io.js';
import { formatTextTable } from '../score/table.js';
import type { RuntimeOptions } from './engine-options.js';
import { warningListener } from './open-models.js';
import { withFlags } from './option-names.js';
import { trainListener } from './train-listener.js';

/** What a training hears and tells. */
interface TrainingListeners {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: StudyTrainingListener;
  readonly onWarning: WarningListener;
}

/** What a training gave, for a table. */
interface TrainingTable {
  readonly rows: string[][];
  readonly notes: string[];
}

/** Runs a training on studies: progress and doubts on stderr, the result as a table on stdout, and how to go on where it is stopped. */
export async function runTraining(
  options: RuntimeOptions & { readonly out: string },
  io: CliIo,
  train: (listeners: TrainingListeners) => Promise<TrainingTable>,
): Promise<void> {
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const { rows, notes } = await train({
      signal: io.signal,
      onProgress: trainListener(progress, options, io),
      onWarning: warningListener(options, io),
    });
    progress.clear();
    io.stdout.write(formatTextTable({ columns: ['', 'value'], rows, notes }));
  } catch (error) {
    progress.clear();
    if (io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw withFlags(error);
  }
}
