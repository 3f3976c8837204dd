import { checkNumbers } from '@crrg/checkpoints';
import { DataError, ShapeError } from '@crrg/core';
import {
  fitTemperature,
  fitThreshold,
  imageFeatureDim,
  probeLogits,
  probeSpecs,
  requireProbe,
  type Embeddings,
  type ProbeConfig,
  type RclipConfig,
} from '@crrg/rclip';
import {
  binaryCrossEntropyWithLogits,
  float32,
  maskedMean,
  takeRows,
  type Backend,
  type HostTensor,
  type InputSpec,
  type StateDict,
} from '@crrg/tensor';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  train,
  type LossEvaluation,
  type LossFunction,
  type TrainResult,
} from '@crrg/train-loop';
import type { RclipStageSettings } from '../rclip/rclip-presets.js';
import { loopOptions, stepOptions, type TrainingRunOptions } from '../run-options.js';
import { requireSamples, wholeBatches } from '../sample-batches.js';
import { requireUpdates, stageSchedule } from '../rclip/train-rclip.js';

/** Encoded images with what was found on them. `N` images, `F` features, `L` labels. */
export interface ProbeData {
  /** `[N, F]`, as `encodeImage` gives them. */
  readonly features: Embeddings;
  /** `[N, L]`, 0 or 1; NaN where a label was not assessed. */
  readonly targets: HostTensor<'float32'>;
}

/** How {@link trainProbe} runs. */
export interface ProbeTrainOptions extends TrainingRunOptions {
  readonly backend: Backend;
  /** With a probe, whose labels say what the outputs are. */
  readonly config: RclipConfig;
  /** Starting values: `probe.weight` and `probe.bias`. */
  readonly weights: StateDict;
  /** Encoded once. Several lists are the same images, differently augmented: epoch `e` trains on list `e mod length`. */
  readonly train: ProbeData | readonly ProbeData[];
  /** Without augmentation. */
  readonly valid: ProbeData;
  readonly settings: RclipStageSettings;
  readonly seed: number;
  /** Weight of the positive term of the loss. @defaultValue 1 */
  readonly positiveWeight?: number | undefined;
}

/** What training gives. */
export interface ProbeTrainResult extends TrainResult {
  /** `probe.weight` and `probe.bias` after the last step; the store's `best` has those of the lowest validation loss. */
  readonly weights: Map<string, HostTensor>;
}

const WHERE = 'train.trainProbe';

interface ProbeShape {
  readonly width: number;
  readonly labels: readonly string[];
}

function requireShape(where: string, { features, targets }: ProbeData, { width, labels }: ProbeShape): void {
  const [count, actualWidth] = features.shape;
  if (actualWidth !== width)
    throw new ShapeError(
      `${where}: expected features [N, ${width}], got [${features.shape.join(', ')}]; encode the images with this model.`,
    );
  if (targets.shape.join() === [count, labels.length].join()) return;
  throw new ShapeError(
    `${where}: expected targets [${count}, ${labels.length}], got [${targets.shape.join(', ')}]; give one column per label.`,
  );
}

/** Every label is known of some image, and nothing but 0 to 1 or NaN is a target. */
function requireTargets(where: string, { targets }: ProbeData, labels: readonly string[]): void {
  const known = new Set<number>();
  targets.data.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    if (!(value >= 0 && value <= 1))
      throw new DataError(
        `${where}: expected targets of 0 to 1, or NaN where a label was not assessed, got ${value}; map other values first.`,
      );
    known.add(index % labels.length);
  });
  const unknown = labels.filter((_, label) => !known.has(label));
  if (unknown.length === 0) return;
  throw new DataError(
    `${where}: expected each label to be assessed on some image, got none for ${unknown.join(', ')}; leave these labels out or give images with them.`,
  );
}

/** The lists of training features, as many images in each. */
function requirePasses({ train, valid, settings }: ProbeTrainOptions, shape: ProbeShape) {
  const passes = 'features' in train ? [train] : train;
  const counts = passes.map(({ features }) => features.shape[0]!);
  const [count = 0] = counts;
  const batchesPerEpoch = requireSamples(
    WHERE,
    { train: count, valid: valid.features.shape[0]! },
    settings.batchSize,
  );
  if (counts.some((other) => other !== count))
    throw new ShapeError(
      `${WHERE}: expected lists of the same images, got ${counts.join(', ')} of them; give equal lists.`,
    );
  for (const data of [...passes, valid]) {
    requireShape(WHERE, data, shape);
    requireTargets(WHERE, data, shape.labels);
  }
  return { passes, count, batchesPerEpoch };
}

/** Rows of features, targets and a mask that is 0 where a label was not assessed. */
function packRows({ features, targets }: ProbeData, rows: readonly number[]): Record<string, HostTensor> {
  const take = ({ shape, data }: HostTensor<'float32'>) => takeRows(data, rows, shape[1]!);
  const labels = targets.shape[1]!;
  const given = take(targets);
  return {
    features: float32([rows.length, features.shape[1]!], take(features)),
    targets: float32(
      [rows.length, labels],
      given.map((value) => (Number.isNaN(value) ? 0 : value)),
    ),
    isAssessed: float32(
      [rows.length, labels],
      given.map((value) => (Number.isNaN(value) ? 0 : 1)),
    ),
  };
}

/** Mean binary cross-entropy of what was assessed. */
function probeLoss(positiveWeight: number): LossFunction {
  return (ops, { inputs, parameters }) => {
    const logits = probeLogits(ops, parameters, inputs['features']!);
    const losses = binaryCrossEntropyWithLogits(ops, logits, inputs['targets']!, positiveWeight);
    return { loss: maskedMean(ops, losses, inputs['isAssessed']!) };
  };
}

/**
 * Trains a linear classifier on frozen, already encoded images.
 *
 * Source: docs/reference/rclip.md#linear-probe and docs/reference/training.md#r-clip: mean binary cross-entropy, AdamW, warm-up and
 * cosine, the image encoder frozen in evaluation mode. Difference: images are encoded beforehand, once or a few times with different
 * augmentations, not anew in each epoch; labels that were not assessed are left out of the loss (the reference counts them as absent:
 * pass 0).
 * What an epoch's shuffling leaves over after its last whole batch is not trained on in that epoch; all validation images count.
 * @throws {ShapeError} for features or targets of another size, or lists of different lengths
 * @throws {DataError} for a label that was assessed on no image, or a target that is not 0 to 1 or NaN
 * @throws {ConfigError} for a configuration without a probe, less than a batch of images, or none to validate on
 *
 * @example
 * ```ts
 * const { features } = await model.encodeImage(images);
 * const { weights } = await trainProbe({
 *   backend, config, weights: start, train: { features, targets }, valid, settings: RCLIP_PRESETS['rclip-base'].probe, seed: 1234,
 * });
 * ```
 */
export async function trainProbe(options: ProbeTrainOptions): Promise<ProbeTrainResult> {
  const { backend, config, settings, seed, positiveWeight = 1, signal } = options;
  const { accumulate, batchSize, epochs, weightDecay } = settings;
  const shape = { width: imageFeatureDim(config), labels: requireProbe(config, WHERE).labels };
  checkNumbers(options.weights, WHERE);
  const { passes, count, batchesPerEpoch } = requirePasses(options, shape);
  requireUpdates(WHERE, batchesPerEpoch, settings);
  const inputs: Record<string, InputSpec> = {
    features: { shape: ['B', shape.width] },
    targets: { shape: ['B', shape.labels.length] },
    isAssessed: { shape: ['B', shape.labels.length] },
  };
  const shared = { backend, specs: probeSpecs(config), inputs };
  const step = await createTrainStep({
    ...stepOptions(options),
    ...shared,
    weights: options.weights,
    loss: probeLoss(positiveWeight),
    accumulate,
    optimizer: options.optimizer ?? adamw({ weightDecay }),
  });
  let evaluation: LossEvaluation | undefined;
  try {
    const compiled = (evaluation = await createLossEvaluation({ ...shared, loss: probeLoss(1), signal }));
    const all = packRows(options.valid, [...new Array<number>(options.valid.features.shape[0]!).keys()]);
    const result = await train<{ readonly data: ProbeData; readonly rows: readonly number[] }>({
      ...loopOptions(options),
      step,
      data: (epoch, random) => {
        const data = passes[epoch % passes.length]!;
        const rows = random.shuffle([...new Array<number>(count).keys()]);
        return wholeBatches(rows, batchSize).map((batch) => ({ data, rows: batch }));
      },
      prepare: ({ data, rows }) => packRows(data, rows),
      evaluate: ({ parameters }) => compiled.run(all, parameters).then(({ loss }) => ({ loss })),
      schedule: stageSchedule(settings, batchesPerEpoch),
      epochs,
      batchesPerEpoch,
      seed,
    });
    return { ...result, weights: await step.exportParameters() };
  } finally {
    evaluation?.dispose();
    step.dispose();
  }
}

/** Logits `[N, L]` of a probe, in float64. @internal */
export function hostLogits(
  weights: StateDict,
  features: Embeddings,
): { logits: Float64Array; labels: number } {
  const [weight, bias] = [weights.get('probe.weight')!, weights.get('probe.bias')!];
  const [labels, width] = weight.shape as [number, number];
  const count = features.shape[0]!;
  const logits = new Float64Array(count * labels);
  for (let row = 0; row < count; row++) {
    for (let label = 0; label < labels; label++) {
      let sum = bias.data[label]!;
      for (let i = 0; i < width; i++)
        sum += weight.data[label * width + i]! * features.data[row * width + i]!;
      logits[row * labels + label] = sum;
    }
  }
  return { logits, labels };
}

/**
 * The probe's configuration with the temperature and the threshold of each label fitted on data that it was not trained on.
 * @throws {DataError} where a label has only one class there
 */
export function calibrateProbe(config: RclipConfig, weights: StateDict, valid: ProbeData): ProbeConfig {
  const where = 'train.calibrateProbe';
  const probe = requireProbe(config, where);
  requireShape(where, valid, { width: imageFeatureDim(config), labels: probe.labels });
  const { logits, labels } = hostLogits(weights, valid.features);
  const fitted = probe.labels.map((_, label) => {
    const rows = [...new Array<number>(logits.length / labels).keys()].filter(
      (row) => !Number.isNaN(valid.targets.data[row * labels + label]!),
    );
    const data = {
      logits: rows.map((row) => logits[row * labels + label]!),
      targets: rows.map((row) => valid.targets.data[row * labels + label]!),
    };
    const temperature = fitTemperature(data);
    return { temperature, threshold: fitThreshold(data, temperature) };
  });
  return {
    labels: probe.labels,
    thresholds: fitted.map(({ threshold }) => threshold),
    temperatures: fitted.map(({ temperature }) => temperature),
  };
}
