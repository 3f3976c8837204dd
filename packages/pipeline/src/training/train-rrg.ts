import type { AbortOptions, Random } from '@crrg/core';
import { createRandomSampler } from '@crrg/detector';
import type { Backend, HostTensor, StateDict } from '@crrg/tensor';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  reduceOnPlateau,
  train,
  type CheckpointStore,
  type LossEvaluation,
  type NamePattern,
  type Optimizer,
  type Schedule,
  type TrainListener,
  type TrainResult,
  type TrainStep,
} from '@crrg/train';
import { rrgSpecs, type RrgConfig } from '../rrg-config.js';
import { drawDropoutSeed, dropoutInputs } from './dropout-seed.js';
import { createProposalPass, type ProposalPass } from './proposal-pass.js';
import { packRrgBatch, rrgBatchInputs, type RrgSample } from './rrg-batch.js';
import { rrgLossFunction, type RrgStage } from './rrg-losses.js';
import { meanOf, wholeBatches } from './sample-batches.js';
import type { RrgStageSettings } from './rrg-presets.js';

/** Makes a sample; a training sample may be augmented with the generator's numbers. */
export type RrgSampleSource = (random: Random) => Promise<RrgSample> | RrgSample;

/** How {@link trainRrg} runs one stage. */
export interface RrgTrainOptions extends AbortOptions {
  readonly backend: Backend;
  readonly config: RrgConfig;
  readonly stage: RrgStage;
  /** Starting values of every parameter of `rrgSpecs`. */
  readonly weights: StateDict;
  readonly train: readonly RrgSampleSource[];
  /** Loaded once per evaluation, without augmentation. */
  readonly valid: readonly RrgSampleSource[];
  readonly settings: RrgStageSettings;
  readonly seed: number;
  /** @defaultValue AdamW with weight decay 0.01 */
  readonly optimizer?: Optimizer | undefined;
  /** @defaultValue reduce on plateau by the settings */
  readonly schedule?: Schedule | undefined;
  /** Also trains GPT-2 itself in the full stage, for models without a large pre-trained one. @defaultValue false, as the reference */
  readonly trainLanguageModel?: boolean | undefined;
  /** Parameters that keep their values besides those that the stage does not train. @defaultValue none */
  readonly frozen?: readonly NamePattern[] | undefined;
  /** @defaultValue nothing is saved */
  readonly store?: CheckpointStore | undefined;
  /** Goes on from the store's last state. @defaultValue false */
  readonly resume?: boolean | undefined;
  readonly onProgress?: TrainListener | undefined;
}

/** What a stage gives. */
export interface RrgTrainResult extends TrainResult {
  /** All parameters after the last step. */
  readonly weights: Map<string, HostTensor>;
}

/** Parameters that a stage leaves alone: those of later stages, and GPT-2 itself unless it is to learn. */
function frozenIn(stage: RrgStage, trainLanguageModel: boolean): NamePattern[] {
  if (stage === 'detector') return ['detector.regionProjection.', 'regionSelector.', 'reportGen.'];
  if (stage === 'classifiers') return ['reportGen.'];
  return trainLanguageModel ? [] : [/^reportGen\.(?!featureMlp\.|.*\.attention\.image(?:Key|Value)\.)/];
}

async function evaluateStage(
  options: RrgTrainOptions,
  pass: ProposalPass,
  evaluation: LossEvaluation,
  context: { readonly parameters: TrainStep['parameters']; readonly random: Random },
): Promise<{ loss: number; metrics: Record<string, number> }> {
  const rows: Record<string, number>[] = [];
  for (const sources of wholeBatches(options.valid, options.settings.batchSize)) {
    options.signal?.throwIfAborted();
    const samples = await Promise.all(sources.map((source) => source(context.random)));
    const targets = await pass.targets(samples, context.parameters, createRandomSampler(context.random));
    const { loss, metrics } = await evaluation.run(
      packRrgBatch(samples, targets, options.config, { stage: options.stage, training: false }),
      context.parameters,
    );
    rows.push({ ...metrics, loss });
  }
  const { loss = NaN, ...metrics } = meanOf(rows);
  return { loss, metrics };
}

/**
 * Trains one stage of the report model and gives its weights. Each batch runs the trunk once for proposals, assigns targets on the
 * host, then runs forward, backward and update as one graph. Incomplete batches are dropped.
 *
 * Source: architecture reference 9.1. Differences from the reference: gradients flow in fp32; validation draws the same samples every time.
 *
 * @example
 * ```ts
 * const { weights } = await trainRrg({
 *   backend, config, stage: 'detector', weights: initializeParameters(rrgSpecs(config), createRandom(41)),
 *   train, valid, settings: RRG_PRESETS['rrg-opt'].stages.detector, seed: 41,
 * });
 * ```
 */
export async function trainRrg(options: RrgTrainOptions): Promise<RrgTrainResult> {
  const { backend, config, stage, settings, signal } = options;
  const { batchSize } = settings;
  const dropout = stage === 'full' ? (settings.dropout ?? 0) : 0;
  const specs = rrgSpecs(config, { trainBase: true });
  const inputs = rrgBatchInputs(config, stage, batchSize);
  const frozen = [...frozenIn(stage, options.trainLanguageModel ?? false), ...(options.frozen ?? [])];
  const loss = rrgLossFunction(config, { stage, training: true, dropout });
  const optimizer = options.optimizer ?? adamw();
  const step = await createTrainStep({
    backend,
    specs,
    weights: options.weights,
    inputs: { ...inputs, ...dropoutInputs(dropout) },
    loss,
    optimizer,
    accumulate: settings.accumulate,
    frozen,
    signal,
  });
  const evaluation = await createLossEvaluation({
    backend,
    specs,
    inputs,
    loss: rrgLossFunction(config, { stage, training: false }),
    signal,
  });
  const trainingPass = await createProposalPass({ backend, config, batch: batchSize, training: true });
  const evaluationPass = await createProposalPass({ backend, config, batch: batchSize, training: false });
  try {
    const result = await train<readonly RrgSampleSource[]>({
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(options.train), batchSize),
      prepare: async (sources, context) => {
        const samples = await Promise.all(
          sources.map((source, index) => source(context.random.fork(`sample ${index}`))),
        );
        const targets = await trainingPass.targets(
          samples,
          context.parameters,
          createRandomSampler(context.random),
        );
        return {
          ...packRrgBatch(samples, targets, config, { stage, training: true }),
          ...drawDropoutSeed(dropout, context.random),
        };
      },
      evaluate:
        options.valid.length < batchSize
          ? undefined
          : (context) => evaluateStage(options, evaluationPass, evaluation, context),
      schedule: options.schedule ?? reduceOnPlateau(settings),
      epochs: settings.epochs,
      evaluateEvery: settings.evaluateEvery,
      batchesPerEpoch: Math.floor(options.train.length / batchSize),
      seed: options.seed,
      store: options.store,
      resume: options.resume,
      onProgress: options.onProgress,
      signal,
    });
    return { ...result, weights: await step.exportParameters() };
  } finally {
    for (const owned of [step, evaluation, trainingPass, evaluationPass]) owned.dispose();
  }
}
