import { ConfigError, type AbortOptions, type Random } from '@crrg/core';
import { rclipSpecs, type ContrastiveLossOptions, type RclipConfig } from '@crrg/rclip';
import type { Backend, HostTensor, StateDict } from '@crrg/tensor';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  train,
  warmupCosine,
  type CheckpointStore,
  type EvaluationContext,
  type LossEvaluation,
  type NamePattern,
  type Optimizer,
  type Schedule,
  type TrainListener,
  type TrainResult,
} from '@crrg/train';
import { drawDropoutSeed, dropoutInputs } from './dropout-seed.js';
import { packRclipBatch, type RclipSample } from './rclip-batch.js';
import { rclipBatchInputs, rclipLossFunction } from './rclip-losses.js';
import type { RclipPretrainingSettings, RclipStageSettings } from './rclip-presets.js';
import { meanOf, wholeBatches } from './sample-batches.js';

/** Makes a sample; views are drawn and augmented with the generator's numbers. */
export type RclipSampleSource = (random: Random) => Promise<RclipSample> | RclipSample;

/** How {@link trainRclip} runs. */
export interface RclipTrainOptions extends AbortOptions {
  readonly backend: Backend;
  /** A probe in it is left out: it is trained afterwards, with `trainProbe`. */
  readonly config: RclipConfig;
  /** Starting values of every parameter of `rclipSpecs` without a probe. */
  readonly weights: StateDict;
  readonly train: readonly RclipSampleSource[];
  /** Loaded at each evaluation, always with the same numbers. */
  readonly valid: readonly RclipSampleSource[];
  readonly settings: RclipPretrainingSettings;
  readonly seed: number;
  /** What fills short texts; `[PAD]`. @defaultValue 0 */
  readonly padTokenId?: number | undefined;
  /** @defaultValue 0, as the reference */
  readonly labelSmoothing?: number | undefined;
  /** @defaultValue AdamW with the settings' weight decay */
  readonly optimizer?: Optimizer | undefined;
  /** @defaultValue warm-up and cosine by the settings */
  readonly schedule?: Schedule | undefined;
  /** Parameters that keep their values. @defaultValue none */
  readonly frozen?: readonly NamePattern[] | undefined;
  /** Batches between evaluations, besides that at the end of each epoch. @defaultValue none */
  readonly evaluateEvery?: number | undefined;
  /** @defaultValue nothing is saved */
  readonly store?: CheckpointStore | undefined;
  /** Goes on from the store's last state. @defaultValue false */
  readonly resume?: boolean | undefined;
  readonly onProgress?: TrainListener | undefined;
}

/** What training gives. */
export interface RclipTrainResult extends TrainResult {
  /** All parameters after the last step; the store's `best` has those of the lowest validation loss. */
  readonly weights: Map<string, HostTensor>;
}

/** Linear rise and cosine over the whole run. Source: architecture reference 9.2; the last step is not skipped. */
export function stageSchedule(settings: RclipStageSettings, batchesPerEpoch: number): Schedule {
  return warmupCosine({
    learningRate: settings.learningRate,
    totalSteps: batchesPerEpoch * settings.epochs,
    warmupSteps: Math.round(batchesPerEpoch * settings.warmupEpochs),
  });
}

/** @throws {ConfigError} where there is not one whole batch */
export function requireBatches(where: string, samples: number, batchSize: number): number {
  const batches = Math.floor(samples / batchSize);
  if (batches > 0) return batches;
  throw new ConfigError(
    `${where}: expected at least one batch of ${batchSize} samples, got ${samples} samples; lower the batch size or give more.`,
  );
}

function lossOptions(options: RclipTrainOptions): ContrastiveLossOptions {
  const { multiViewWeight, imageWeight, textWeight } = options.settings;
  return { multiViewWeight, imageWeight, textWeight, labelSmoothing: options.labelSmoothing };
}

async function packSources(
  sources: readonly RclipSampleSource[],
  random: Random,
  { config, padTokenId = 0 }: RclipTrainOptions,
): Promise<Record<string, HostTensor>> {
  const samples = await Promise.all(sources.map((source, index) => source(random.fork(`sample ${index}`))));
  return packRclipBatch(samples, config, padTokenId);
}

async function evaluate(
  options: RclipTrainOptions,
  evaluation: LossEvaluation,
  { parameters, random }: EvaluationContext,
): Promise<{ loss: number; metrics: Record<string, number> }> {
  const rows: Record<string, number>[] = [];
  for (const [index, sources] of wholeBatches(options.valid, options.settings.batchSize).entries()) {
    options.signal?.throwIfAborted();
    const inputs = await packSources(sources, random.fork(`batch ${index}`), options);
    const { loss, metrics } = await evaluation.run(inputs, parameters);
    rows.push({ ...metrics, loss });
  }
  const { loss = NaN, ...metrics } = meanOf(rows);
  return { loss, metrics };
}

/**
 * Pre-trains the contrastive model and gives its weights. Forward, backward and update of a batch run as one graph. Incomplete batches are
 * dropped. Without a whole batch of validation samples nothing is evaluated.
 *
 * Source: architecture reference 9.2. Differences from the reference: fp32, the same validation samples every time, and no
 * skipped last step.
 * @throws {ConfigError} for a model without a text encoder, or less than a batch of samples
 *
 * @example
 * ```ts
 * const { weights } = await trainRclip({
 *   backend, config, weights: start, train, valid, settings: RCLIP_PRESETS['rclip-base'].pretraining, seed: 1234, store,
 * });
 * ```
 */
export async function trainRclip(given: RclipTrainOptions): Promise<RclipTrainResult> {
  const options = { ...given, config: { ...given.config, probe: null } };
  const { backend, config, settings, signal } = options;
  const { batchSize, dropout } = settings;
  const batchesPerEpoch = requireBatches('pipeline.trainRclip', options.train.length, batchSize);
  const specs = rclipSpecs(config);
  const inputs = rclipBatchInputs(config, batchSize);
  const step = await createTrainStep({
    backend,
    specs,
    weights: options.weights,
    inputs: { ...inputs, ...dropoutInputs(dropout) },
    loss: rclipLossFunction(config, { ...lossOptions(options), training: true, dropout }),
    optimizer: options.optimizer ?? adamw({ weightDecay: settings.weightDecay }),
    frozen: options.frozen,
    signal,
  });
  let evaluation: LossEvaluation | undefined;
  try {
    evaluation = await createLossEvaluation({
      backend,
      specs,
      inputs,
      loss: rclipLossFunction(config, { ...lossOptions(options), training: false }),
      signal,
    });
    const compiled = evaluation;
    const result = await train<readonly RclipSampleSource[]>({
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(options.train), batchSize),
      prepare: async (sources, { random }) => ({
        ...(await packSources(sources, random, options)),
        ...drawDropoutSeed(dropout, random),
      }),
      evaluate:
        options.valid.length < batchSize ? undefined : (context) => evaluate(options, compiled, context),
      schedule: options.schedule ?? stageSchedule(settings, batchesPerEpoch),
      epochs: settings.epochs,
      evaluateEvery: options.evaluateEvery,
      batchesPerEpoch,
      seed: options.seed,
      store: options.store,
      resume: options.resume,
      onProgress: options.onProgress,
      signal,
    });
    return { ...result, weights: await step.exportParameters() };
  } finally {
    evaluation?.dispose();
    step.dispose();
  }
}
