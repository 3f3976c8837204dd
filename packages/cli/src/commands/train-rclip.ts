import { INTENDED_USE } from '@crrg/core';
import type { BackendName } from '@crrg/pipeline';
import { resultRows, trainRclipOnStudies, type RclipOnStudiesOptions } from '@crrg/train/node';
import type { CliIo } from '../io.js';
import type { RuntimeOptions } from './engine-options.js';
import { readConfig } from './read-config.js';
import { runTraining } from './run-training.js';

/** The command line of `crrg train rclip`: what the function takes, and how a terminal is spoken to. */
export type TrainRclipOptions = Omit<RclipOnStudiesOptions, keyof RuntimeOptions | 'config'> &
  RuntimeOptions & {
    /** A file. */
    readonly config?: string;
  };

/** Runs `crrg train rclip`: studies to a model bundle. */
export async function trainRclip(file: string, options: TrainRclipOptions, io: CliIo): Promise<void> {
  await runTraining(options, io, async (listeners) => {
    const result = await trainRclipOnStudies(file, {
      ...options,
      ...listeners,
      config: await readConfig(options.config, 'imageEncoder, textEncoder and embeddingDim'),
      backend: options.backend as BackendName | undefined,
      source: 'crrg train rclip',
    });
    const use = result.probe
      ? `crrg classify film.png --model ${result.bundle}`
      : 'no study has labels: the model has no probe and does not classify';
    return { rows: resultRows(result), notes: [`${result.bundle}: ${use}`, INTENDED_USE] };
  });
}
