import { checkNumbers } from '@crrg/checkpoints';
import { ConfigError, type Random } from '@crrg/core';
import { rclipSpecs, type RclipConfig } from '@crrg/rclip';
import type { Backend, HostTensor, InputSpec, StateDict } from '@crrg/tensor';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  train,
  warmupCosine,
  type EvaluationContext,
  type NamePattern,
  type Schedule,
  type TrainResult,
} from '@crrg/train-loop';
import { drawDropoutSeeds, dropoutInputs } from '../dropout-seed.js';
import { pretrainingLoss, type PretrainingLoss } from './pretraining-loss.js';
import type { RclipSample } from './rclip-batch.js';
import type { RclipPretrainingSettings, RclipStageSettings } from './rclip-presets.js';
import { loopOptions, stepOptions, type TrainingRunOptions } from '../run-options.js';
import {
  batchesWithRest,
  meanOverSamples,
  perBatchSize,
  requireSamples,
  wholeBatches,
  type BatchMeans,
} from '../sample-batches.js';

/** Makes a sample; views are drawn and augmented with the generator's numbers. */
export type RclipSampleSource = (random: Random) => Promise<RclipSample> | RclipSample;

/** How {@link trainRclip} runs. */
export interface RclipTrainOptions extends TrainingRunOptions {
  readonly backend: Backend;
  /** A probe in it is left out: it is trained afterwards, with `trainProbe`. */
  readonly config: RclipConfig;
  /** Starting values of every parameter of `rclipSpecs` without a probe. */
  readonly weights: StateDict;
  /** At least a batch. */
  readonly train: readonly RclipSampleSource[];
  /** Loaded at each evaluation, always with the same numbers; at least two. */
  readonly valid: readonly RclipSampleSource[];
  readonly settings: RclipPretrainingSettings;
  readonly seed: number;
  /** What fills short texts; `[PAD]`. @defaultValue 0 */
  readonly padTokenId?: number | undefined;
  /** @defaultValue 0, as the reference */
  readonly labelSmoothing?: number | undefined;
  /** @defaultValue warm-up and cosine by the settings */
  readonly schedule?: Schedule | undefined;
  /** Parameters that keep their values. @defaultValue none */
  readonly frozen?: readonly NamePattern[] | undefined;
  /** Batches between evaluations, besides that at the end of each epoch. @defaultValue none */
  readonly evaluateEvery?: number | undefined;
}

/** What training gives. */
export interface RclipTrainResult extends TrainResult {
  /** All parameters after the last step; the store's `best` has those of the lowest validation loss. */
  readonly weights: Map<string, HostTensor>;
}

/** Linear rise and cosine over the whole run. Source: docs/reference/training.md#r-clip; the last step is not skipped. */
export function stageSchedule(settings: RclipStageSettings, batchesPerEpoch: number): Schedule {
  const updatesPerEpoch = Math.floor(batchesPerEpoch / (settings.accumulate ?? 1));
  return warmupCosine({
    learningRate: settings.learningRate,
    totalSteps: updatesPerEpoch * settings.epochs,
    warmupSteps: Math.round(updatesPerEpoch * settings.warmupEpochs),
  });
}

/** @throws {ConfigError} where an epoch has not the batches of one update */
export function requireUpdates(
  where: string,
  batchesPerEpoch: number,
  { accumulate = 1 }: RclipStageSettings,
): void {
  if (batchesPerEpoch >= accumulate) return;
  throw new ConfigError(
    `${where}: expected at least ${accumulate} batches in an epoch, one update, got ${batchesPerEpoch}; lower \`accumulate\` or give more samples.`,
  );
}

const WHERE = 'train.trainRclip';

/**
 * Whole batches in an epoch. A pair alone has nothing to be told apart from: its loss is 0 whatever the model.
 * @throws {ConfigError} where the data do not reach
 */
function requirePairs({ train, valid, settings }: RclipTrainOptions): number {
  const { batchSize } = settings;
  const batches = requireSamples(WHERE, { train: train.length, valid: valid.length }, batchSize);
  const fewest = Math.min(batchSize, valid.length);
  if (fewest > 1) return batches;
  throw new ConfigError(
    `${WHERE}: expected at least 2 samples in a batch and in the validation, got ${batchSize} and ${valid.length}; the contrastive loss of one is always 0.`,
  );
}

/** @throws {ConfigError} for a size that is no whole number from 1 */
function requireMicroBatchSize({ microBatchSize, batchSize }: RclipPretrainingSettings): number {
  const size = microBatchSize ?? batchSize;
  if (Number.isSafeInteger(size) && size >= 1) return size;
  throw new ConfigError(
    `${WHERE}: expected a \`microBatchSize\` of at least 1, got ${size}; give a whole number, or none for whole batches.`,
  );
}

/** The micro-batches of a batch, texts of each padded to its own longest. */
async function packSources(
  sources: readonly RclipSampleSource[],
  random: Random,
  { padTokenId = 0, settings }: RclipTrainOptions,
  { pack }: PretrainingLoss,
): Promise<Record<string, HostTensor>[]> {
  const samples = await Promise.all(sources.map((source, index) => source(random.fork(`sample ${index}`))));
  return microBatches(samples, settings).map((part) => pack(part, padTokenId));
}

function microBatches<T>(rows: readonly T[], settings: RclipPretrainingSettings): T[][] {
  return batchesWithRest(rows, requireMicroBatchSize(settings));
}

/** What a loss reads of each micro-batch of a batch. */
function microBatchInputs(
  { inputs }: PretrainingLoss,
  batchSize: number,
  settings: RclipPretrainingSettings,
): Record<string, InputSpec>[] {
  const rows = Array.from({ length: batchSize }, (_, row) => row);
  return microBatches(rows, settings).map(({ length }) => inputs(length));
}

/** The validation: every sample counts once, those of a short last batch too. */
async function createValidation(options: RclipTrainOptions, criterion: PretrainingLoss) {
  const { backend, config, valid, settings, signal } = options;
  const batches = batchesWithRest(valid, settings.batchSize);
  const compiled = await perBatchSize(
    batches.map(({ length }) => length),
    (size) =>
      createLossEvaluation({
        backend,
        specs: rclipSpecs(config),
        inputs: microBatchInputs(criterion, size, settings),
        loss: criterion.loss({ training: false }),
        signal,
      }),
  );
  return {
    async run({ random, parameters }: EvaluationContext) {
      const means: BatchMeans[] = [];
      for (const [index, sources] of batches.entries()) {
        signal?.throwIfAborted();
        const inputs = await packSources(sources, random.fork(`batch ${index}`), options, criterion);
        const { loss, metrics } = await compiled.of(sources.length).run(inputs, parameters);
        means.push({ samples: sources.length, values: { ...metrics, loss } });
      }
      const { loss = NaN, ...metrics } = meanOverSamples(means);
      return { loss, metrics };
    },
    dispose: () => compiled.dispose(),
  };
}

/**
 * Pre-trains the contrastive model and gives its weights. Forward and backward of a batch run as one graph, or in micro-batches
 * (`settings.microBatchSize`) with the same loss, for batches that do not fit into memory. What an epoch's
 * shuffling leaves over after its last whole batch is not trained on in that epoch, as in the reference; every validation sample counts at
 * each evaluation.
 *
 * Source: docs/reference/training.md#r-clip. Differences from the reference: fp32, the same validation samples every time, and no
 * skipped last step.
 * @throws {ConfigError} for a model without a text encoder, less than a batch of training samples, fewer than two samples in a batch or in the
 * validation, or a size of micro-batches that is no whole number from 1
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
  const { backend, config, settings, seed, evaluateEvery } = options;
  const { accumulate, batchSize, dropout, epochs, weightDecay } = settings;
  const criterion = pretrainingLoss(config, settings, options.labelSmoothing);
  checkNumbers(options.weights, WHERE);
  const batchesPerEpoch = requirePairs(options);
  requireUpdates(WHERE, batchesPerEpoch, settings);
  const step = await createTrainStep({
    ...stepOptions(options),
    backend,
    specs: rclipSpecs(config),
    weights: criterion.prepare(options.weights),
    inputs: microBatchInputs(criterion, batchSize, settings).map((inputs) => ({
      ...inputs,
      ...dropoutInputs(dropout),
    })),
    loss: criterion.loss({ training: true, dropout }),
    optimizer: options.optimizer ?? adamw({ weightDecay }),
    accumulate,
    frozen: [...criterion.frozen, ...(options.frozen ?? [])],
  });
  let validation: Awaited<ReturnType<typeof createValidation>> | undefined;
  try {
    const compiled = (validation = await createValidation(options, criterion));
    const result = await train<readonly RclipSampleSource[]>({
      ...loopOptions(options),
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(options.train), batchSize),
      prepare: async (sources, { random }) => {
        const batches = await packSources(sources, random, options, criterion);
        const seeds = drawDropoutSeeds(dropout, random, batches.length);
        return batches.map((batch, index) => ({ ...batch, ...seeds[index] }));
      },
      evaluate: (context) => compiled.run(context),
      schedule: options.schedule ?? stageSchedule(settings, batchesPerEpoch),
      epochs,
      evaluateEvery,
      batchesPerEpoch,
      seed,
    });
    return { ...result, weights: await step.exportParameters() };
  } finally {
    validation?.dispose();
    step.dispose();
  }
}
