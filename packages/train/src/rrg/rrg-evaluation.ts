import type { AbortOptions, Random } from '@crrg/core';
import { createRandomSampler } from '@crrg/detector';
import type { Backend } from '@crrg/tensor';
import { createLossEvaluation, type TrainStep } from '@crrg/train-loop';
import type { RrgConfig } from '@crrg/pipeline';
import { createProposalPass } from './proposal-pass.js';
import {
  packRrgBatch,
  rrgBatchInputs,
  type PartialOption,
  type RrgSample,
  type RrgSampleSource,
} from './rrg-batch.js';
import { rrgLossFunction, type RrgStage } from './rrg-losses.js';
import { networkSpecs, STAGE_NETWORKS } from './stage-parameters.js';
import { batchesWithRest, meanOverSamples, perBatchSize, type BatchMeans } from '../sample-batches.js';

/** What a {@link StageEvaluation} is compiled for. */
export interface StageEvaluationOptions extends AbortOptions, PartialOption {
  readonly backend: Backend;
  readonly config: RrgConfig;
  readonly stage: RrgStage;
  readonly valid: readonly RrgSampleSource[];
  readonly batchSize: number;
}

/** The validation of a stage. */
export interface StageEvaluation {
  /** Mean over the samples, of the parameters and with the generator given. */
  run(context: {
    readonly parameters: TrainStep['parameters'];
    readonly random: Random;
  }): Promise<{ readonly loss: number; readonly metrics: Record<string, number> }>;
  dispose(): void;
}

/** Proposals and losses for batches of one size. */
async function createBatchEvaluation(options: StageEvaluationOptions, size: number) {
  const { backend, config, stage, partial, signal } = options;
  const pass = await createProposalPass({ backend, config, batch: size, training: false });
  const losses = await createLossEvaluation({
    backend,
    specs: networkSpecs(config, STAGE_NETWORKS[stage]),
    inputs: rrgBatchInputs(config, stage, size, { partial }),
    loss: rrgLossFunction(config, { stage, training: false }),
    signal,
  }).catch((error: unknown) => {
    pass.dispose();
    throw error;
  });
  return {
    async run(samples: readonly RrgSample[], parameters: TrainStep['parameters'], random: Random) {
      const targets = await pass.targets(samples, parameters, createRandomSampler(random));
      const packing = { stage, training: false, partial };
      return losses.run(packRrgBatch(samples, targets, config, packing), parameters);
    },
    dispose: () => {
      pass.dispose();
      losses.dispose();
    },
  };
}

/** Compiles the validation of a stage: every sample counts once, those of a short last batch too. */
export async function createStageEvaluation(options: StageEvaluationOptions): Promise<StageEvaluation> {
  const batches = batchesWithRest(options.valid, options.batchSize);
  const compiled = await perBatchSize(
    batches.map(({ length }) => length),
    (size) => createBatchEvaluation(options, size),
  );
  return {
    async run({ parameters, random }) {
      const means: BatchMeans[] = [];
      for (const sources of batches) {
        options.signal?.throwIfAborted();
        const samples = await Promise.all(sources.map((source) => source(random)));
        const { loss, metrics } = await compiled.of(samples.length).run(samples, parameters, random);
        means.push({ samples: samples.length, values: { ...metrics, loss } });
      }
      const { loss = NaN, ...metrics } = meanOverSamples(means);
      return { loss, metrics };
    },
    dispose: () => compiled.dispose(),
  };
}
