import { INTENDED_USE } from '@crrg/core';
import type { BackendName } from '@crrg/pipeline';
import { probeResultRows, trainProbeOnStudies, type ProbeOnStudiesOptions } from '@crrg/train/node';
import type { CliIo } from '../io.js';
import type { RuntimeOptions } from './engine-options.js';
import { readConfig } from './read-config.js';
import { runTraining } from './run-training.js';

/** The command line of `crrg train probe`. */
export type TrainProbeOptions = Omit<ProbeOnStudiesOptions, keyof RuntimeOptions | 'config'> &
  RuntimeOptions & {
    /** A file. */
    readonly config?: string;
  };

/** Runs `crrg train probe`: labelled studies to a classifier. */
export async function trainProbe(file: string, options: TrainProbeOptions, io: CliIo): Promise<void> {
  await runTraining(options, io, async (listeners) => {
    const result = await trainProbeOnStudies(file, {
      ...options,
      ...listeners,
      config: await readConfig(options.config, 'imageEncoder'),
      backend: options.backend as BackendName | undefined,
      source: 'crrg train probe',
    });
    const use = `crrg classify film.png --model ${result.bundle}`;
    return { rows: probeResultRows(result), notes: [`${result.bundle}: ${use}`, INTENDED_USE] };
  });
}
