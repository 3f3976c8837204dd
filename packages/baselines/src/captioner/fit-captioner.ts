import { checkNumbers } from '@crrg/checkpoints';
import type { Random } from '@crrg/core';
import type { Backend, BufferUpdates, HostTensor, NormalizationMode, StateDict } from '@crrg/tensor';
import {
  batchesWithRest,
  drawDropoutSeed,
  dropoutFrom,
  dropoutInputs,
  loopOptions,
  meanOverSamples,
  perBatchSize,
  requireSamples,
  stepOptions,
  wholeBatches,
  type BatchMeans,
  type TrainingRunOptions,
} from '@crrg/train';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  stepDecay,
  train,
  type EvaluationContext,
  type LossFunction,
  type TrainResult,
} from '@crrg/train-loop';
import { captionBatchInputs, packCaptionBatch, type CaptionSample } from './caption-batch.js';
import type { CaptionerConfig } from './config.js';
import { captionLoss } from './forward.js';
import type { CaptionerSettings } from './presets.js';
import { captionerSpecs, IMAGE_ENCODER } from './specs.js';

/** Makes a sample; pictures are changed at random with the generator's numbers. */
export type CaptionSampleSource = (random: Random) => Promise<CaptionSample> | CaptionSample;

/** How {@link fitCaptioner} runs. */
export interface FitCaptionerOptions extends TrainingRunOptions {
  readonly backend: Backend;
  readonly config: CaptionerConfig;
  /** Starting values of every parameter of `captionerSpecs`. */
  readonly weights: StateDict;
  /** At least a batch. */
  readonly train: readonly CaptionSampleSource[];
  /** Loaded at each evaluation, always with the same numbers. */
  readonly valid: readonly CaptionSampleSource[];
  readonly settings: CaptionerSettings;
  readonly seed: number;
  /** Words that a caption of the training has at most, its end included. @defaultValue `maxLength` of the configuration */
  readonly numSteps?: number | undefined;
}

/** What training gives. */
export interface FitCaptionerResult extends TrainResult {
  /** All parameters after the last step; the store's `best` has those of the lowest validation loss. */
  readonly weights: Map<string, HostTensor>;
}

/** {@link captionLoss} as `@crrg/train-loop` takes it. */
function lossOf(config: CaptionerConfig, dropoutRate: number | undefined): LossFunction {
  return (ops, { inputs, parameters }) => {
    const updates: BufferUpdates = new Map();
    const mode: NormalizationMode =
      dropoutRate === undefined ? { training: false } : { training: true, updates };
    const { images, wordIds, nextIds, mask } = inputs as Record<string, (typeof inputs)[string]>;
    const loss = captionLoss(
      ops,
      parameters,
      {
        images: images!,
        wordIds: wordIds!,
        nextIds: nextIds!,
        mask: mask!,
        dropout: dropoutFrom(ops, inputs, dropoutRate ?? 0),
      },
      config,
      mode,
    );
    return { loss, updates: Object.fromEntries(updates) };
  };
}

async function pack(
  sources: readonly CaptionSampleSource[],
  random: Random,
  { config, numSteps = config.maxLength }: FitCaptionerOptions,
): Promise<Record<string, HostTensor>> {
  const samples = await Promise.all(sources.map((source, index) => source(random.fork(`sample ${index}`))));
  return packCaptionBatch(samples, config, numSteps);
}

/** The validation: every sample counts once, those of a short last batch too. */
async function createValidation(options: FitCaptionerOptions) {
  const { backend, config, valid, settings, signal, numSteps = config.maxLength } = options;
  const batches = batchesWithRest(valid, settings.batchSize);
  const compiled = await perBatchSize(
    batches.map(({ length }) => length),
    (size) =>
      createLossEvaluation({
        backend,
        specs: captionerSpecs(config),
        inputs: captionBatchInputs(config, size, numSteps),
        loss: lossOf(config, undefined),
        signal,
      }),
  );
  return {
    async run({ random, parameters }: EvaluationContext) {
      const means: BatchMeans[] = [];
      for (const [index, sources] of batches.entries()) {
        signal?.throwIfAborted();
        const inputs = await pack(sources, random.fork(`batch ${index}`), options);
        const { loss } = await compiled.of(sources.length).run(inputs, parameters);
        means.push({ samples: sources.length, values: { loss } });
      }
      return { loss: meanOverSamples(means)['loss'] ?? NaN };
    },
    dispose: () => compiled.dispose(),
  };
}

/**
 * Trains a captioner, the trunk with it, and gives its weights. Forward, backward and update of a batch run as one graph; the LSTM is written
 * out in it word by word. What an epoch's shuffling leaves over after its last whole batch is not trained on in that epoch.
 *
 * @throws {ConfigError} for less than a batch of training samples, or nothing to validate on
 *
 * @example
 * ```ts
 * const { weights } = await fitCaptioner({
 *   backend, config, weights: start, train, valid, settings: CAPTIONER_PRESETS['ada-att'].settings, seed: 1, store,
 * });
 * ```
 */
export async function fitCaptioner(options: FitCaptionerOptions): Promise<FitCaptionerResult> {
  const { backend, config, settings, seed, numSteps = config.maxLength } = options;
  const { batchSize, dropout, epochs } = settings;
  const where = 'baselines.fitCaptioner';
  checkNumbers(options.weights, where);
  const counts = { train: options.train.length, valid: options.valid.length };
  const batchesPerEpoch = requireSamples(where, counts, batchSize);
  const step = await createTrainStep({
    ...stepOptions(options),
    backend,
    specs: captionerSpecs(config),
    weights: options.weights,
    inputs: { ...captionBatchInputs(config, batchSize, numSteps), ...dropoutInputs(dropout) },
    loss: lossOf(config, dropout),
    optimizer: options.optimizer ?? adamw({ weightDecay: settings.weightDecay }),
    groups: [{ match: [`${IMAGE_ENCODER}.`], learningRateScale: settings.trunkLearningRateScale }],
  });
  let validation: Awaited<ReturnType<typeof createValidation>> | undefined;
  try {
    const compiled = (validation = await createValidation(options));
    const result = await train<readonly CaptionSampleSource[]>({
      ...loopOptions(options),
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(options.train), batchSize),
      prepare: async (sources, { random }) => ({
        ...(await pack(sources, random, options)),
        ...drawDropoutSeed(dropout, random),
      }),
      evaluate: (context) => compiled.run(context),
      schedule: stepDecay({
        learningRate: settings.learningRate,
        factor: settings.decayPerEpoch,
        everySteps: batchesPerEpoch,
      }),
      epochs,
      batchesPerEpoch,
      seed,
    });
    return { ...result, weights: await step.exportParameters() };
  } finally {
    validation?.dispose();
    step.dispose();
  }
}
