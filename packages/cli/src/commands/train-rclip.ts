import { INTENDED_USE } from '@crrg/core';
import type { BackendName } from '@crrg/pipeline';
import { resultRows, trainRclipOnStudies, type RclipOnStudiesOptions } from '@crrg/train/node';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CliIo } from '../io.js';
import { formatTextTable } from '../score/table.js';
import type { RuntimeOptions } from './engine-options.js';
import { warningListener } from './open-models.js';
import { withFlags } from './option-names.js';
import { trainListener } from './train-listener.js';

/** The command line of `crrg train rclip`: what the function takes, and how a terminal is spoken to. */
export type TrainRclipOptions = Omit<RclipOnStudiesOptions, keyof RuntimeOptions> & RuntimeOptions;

/** Runs `crrg train rclip`: studies to a model bundle. */
export async function trainRclip(file: string, options: TrainRclipOptions, io: CliIo): Promise<void> {
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const result = await trainRclipOnStudies(file, {
      ...options,
      backend: options.backend as BackendName | undefined,
      signal: io.signal,
      source: 'crrg train rclip',
      onProgress: trainListener(progress, options, io),
      onWarning: warningListener(options, io),
    });
    progress.clear();
    const use = result.probe
      ? `crrg classify film.png --model ${result.bundle}`
      : 'no study has labels: the model has no probe and does not classify';
    io.stdout.write(
      formatTextTable({
        columns: ['', 'value'],
        rows: resultRows(result),
        notes: [`${result.bundle}: ${use}`, INTENDED_USE],
      }),
    );
  } catch (error) {
    progress.clear();
    if (io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw withFlags(error);
  }
}
