import { checkNumbers } from '@crrg/checkpoints';
import { ConfigError } from '@crrg/core';
import { createRandomSampler } from '@crrg/detector';
import type { Backend, HostTensor, StateDict } from '@crrg/tensor';
import {
  adamw,
  createTrainStep,
  reduceOnPlateau,
  train,
  type BatchContext,
  type NamePattern,
  type Schedule,
  type TrainResult,
} from '@crrg/train-loop';
import { parseRrgConfig, type RrgConfig } from '@crrg/pipeline';
import { drawDropoutSeed, dropoutInputs } from '../dropout-seed.js';
import { createProposalPass, type ProposalPass } from './proposal-pass.js';
import { packRrgBatch, rrgBatchInputs, type PartialOption, type RrgSampleSource } from './rrg-batch.js';
import { createStageEvaluation } from './rrg-evaluation.js';
import { rrgLossFunction, type RrgStage } from './rrg-losses.js';
import type { RrgStageSettings } from './rrg-presets.js';
import { frozenIn, networksIn, networkSpecs } from './stage-parameters.js';
import { loopOptions, stepOptions, type TrainingRunOptions } from '../run-options.js';
import { requireSamples, wholeBatches } from '../sample-batches.js';

/** How {@link trainRrg} runs one stage. */
export interface RrgTrainOptions extends TrainingRunOptions, PartialOption {
  readonly backend: Backend;
  readonly config: RrgConfig;
  readonly stage: RrgStage;
  /** Starting values of every parameter of `rrgSpecs`; networks that the stage does not run may be left out as a whole. */
  readonly weights: StateDict;
  /** At least a batch. */
  readonly train: readonly RrgSampleSource[];
  /** Loaded once per evaluation, without augmentation; at least one. */
  readonly valid: readonly RrgSampleSource[];
  readonly settings: RrgStageSettings;
  /** @defaultValue that of the settings */
  readonly seed?: number | undefined;
  /** @defaultValue reduce on plateau by the settings */
  readonly schedule?: Schedule | undefined;
  /** Also trains GPT-2 itself in the full stage, for models without a large pre-trained one. @defaultValue false, as the reference */
  readonly trainLanguageModel?: boolean | undefined;
  /** Parameters that keep their values besides those that the stage does not train. @defaultValue none */
  readonly frozen?: readonly NamePattern[] | undefined;
}

/** What a stage gives. */
export interface RrgTrainResult extends TrainResult {
  /** All parameters that it was given, after the last step. */
  readonly weights: Map<string, HostTensor>;
  /** The configuration with the weights of positives that the loss had. */
  readonly config: RrgConfig;
}

const WHERE = 'train.trainRrg';

/** The configuration whose losses weigh positives as the settings say. */
export function withPosWeights(config: RrgConfig, settings: RrgStageSettings): RrgConfig {
  const { regionSelector } = config;
  const {
    selectionPosWeight = regionSelector.selectionPosWeight,
    abnormalityPosWeight = regionSelector.abnormalityPosWeight,
  } = settings;
  return parseRrgConfig({
    ...config,
    regionSelector: { ...regionSelector, selectionPosWeight, abnormalityPosWeight },
  });
}

function requireSeed({ seed, settings }: RrgTrainOptions): number {
  const chosen = seed ?? settings.seed;
  if (chosen !== undefined) return chosen;
  throw new ConfigError(`${WHERE}: expected a seed, got none; give seed, or settings with one.`);
}

/** An evaluation drops gradients that wait, so an update must fit between two of them. */
function requireUpdates(batchesPerEpoch: number, { accumulate, evaluateEvery }: RrgStageSettings): void {
  const between = Math.min(batchesPerEpoch, evaluateEvery ?? Infinity);
  if (between >= accumulate) return;
  throw new ConfigError(
    `${WHERE}: expected at least ${accumulate} batches between evaluations, one update, got ${between}; accumulate fewer, evaluate later or give more samples.`,
  );
}

/** The inputs of a training step for each batch. */
function batchPreparation(
  { stage, partial }: RrgTrainOptions,
  { config, pass, dropout }: { config: RrgConfig; pass: ProposalPass; dropout: number },
) {
  return async (sources: readonly RrgSampleSource[], { random, parameters }: BatchContext) => {
    const samples = await Promise.all(sources.map((source, index) => source(random.fork(`sample ${index}`))));
    const targets = await pass.targets(samples, parameters, createRandomSampler(random));
    return {
      ...packRrgBatch(samples, targets, config, { stage, training: true, partial }),
      ...drawDropoutSeed(dropout, random),
    };
  };
}

/**
 * Trains one stage of the report model and gives its weights. Each batch runs the trunk once for proposals, assigns targets on the
 * host, then runs forward, backward and update as one graph. What an epoch's shuffling leaves over after its last whole batch is not
 * trained on in that epoch; every validation sample counts at each evaluation.
 *
 * Source: docs/reference/training.md#rrg. Differences from the reference: gradients flow in fp32; validation draws the same samples every
 * time; the reference trains on an incomplete last batch too.
 * @throws {ConfigError} for less than a batch of training samples, no validation sample, fewer batches between evaluations than an
 * update accumulates, or no seed
 *
 * @example
 * ```ts
 * const { weights } = await trainRrg({
 *   backend, config, stage: 'detector', weights: initializeParameters(rrgSpecs(config), createRandom(41)),
 *   train, valid, settings: RRG_PRESETS['rrg-opt'].stages.detector,
 * });
 * ```
 */
export async function trainRrg(options: RrgTrainOptions): Promise<RrgTrainResult> {
  const { backend, stage, settings, valid, partial, trainLanguageModel = false } = options;
  const { batchSize, epochs, accumulate, evaluateEvery } = settings;
  checkNumbers(options.weights, WHERE);
  const seed = requireSeed(options);
  const counts = { train: options.train.length, valid: valid.length };
  const batchesPerEpoch = requireSamples(WHERE, counts, batchSize);
  requireUpdates(batchesPerEpoch, settings);
  const config = withPosWeights(options.config, settings);
  const dropout = stage === 'full' ? (settings.dropout ?? 0) : 0;
  const networks = networksIn(stage, options.weights);
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(made: T): T => (owned.push(made), made);
  try {
    const step = own(
      await createTrainStep({
        ...stepOptions(options),
        backend,
        specs: networkSpecs(config, networks),
        weights: options.weights,
        inputs: { ...rrgBatchInputs(config, stage, batchSize, { partial }), ...dropoutInputs(dropout) },
        loss: rrgLossFunction(config, { stage, training: true, dropout }),
        optimizer: options.optimizer ?? adamw(),
        accumulate,
        frozen: [...frozenIn(stage, { networks, trainLanguageModel }), ...(options.frozen ?? [])],
      }),
    );
    const { signal } = options;
    const evaluation = own(
      await createStageEvaluation({ backend, config, stage, valid, batchSize, partial, signal }),
    );
    const pass = own(await createProposalPass({ backend, config, batch: batchSize, training: true }));
    const result = await train<readonly RrgSampleSource[]>({
      ...loopOptions(options),
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(options.train), batchSize),
      prepare: batchPreparation(options, { config, pass, dropout }),
      evaluate: (context) => evaluation.run(context),
      schedule: options.schedule ?? reduceOnPlateau(settings),
      epochs,
      evaluateEvery,
      batchesPerEpoch,
      seed,
    });
    return { ...result, weights: await step.exportParameters(), config };
  } finally {
    for (const each of owned) each.dispose();
  }
}
