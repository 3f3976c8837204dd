import { ConfigError, type Random } from '@crrg/core';
import { targetInputShapes, packTargets, type GroundTruth, type ImageTargets } from '@crrg/detector';
import { float32, int32, type HostTensor, type InputSpec } from '@crrg/tensor';
import type { RrgConfig } from '@crrg/pipeline';
import type { RrgStage } from './rrg-losses.js';

/** One annotated radiograph, ready for the network. */
export interface RrgSample {
  /** `[1, H, W]`, normalised. */
  readonly image: Float32Array;
  /** Boxes in the `input` frame. */
  readonly groundTruth: GroundTruth;
  /** Of each region of the detector: its phrase as tokens (begin and end included), or undefined where it has none. */
  readonly phrases: readonly (readonly number[] | undefined)[];
  /** Of each region of the detector. */
  readonly isAbnormal: readonly boolean[];
  /** Of each region of the detector: false where nothing is known of it, which is neither a region nor background. @defaultValue all true */
  readonly isAnnotated?: readonly boolean[] | undefined;
  /** Of each region of the detector: whether phrase and abnormality are known. @defaultValue as `isAnnotated` */
  readonly isDescribed?: readonly boolean[] | undefined;
}

/** Makes a sample; a training sample may be augmented with the generator's numbers. */
export type RrgSampleSource = (random: Random) => Promise<RrgSample> | RrgSample;

/** Whether samples may say nothing of some regions. */
export interface PartialOption {
  /** @defaultValue false: every sample says of every region whether it is there, has a phrase and is abnormal */
  readonly partial?: boolean | undefined;
}

/** The inputs of a stage's loss for a fixed batch size; rows and length of the text may differ from batch to batch. */
export function rrgBatchInputs(
  config: RrgConfig,
  stage: RrgStage,
  batch: number,
  { partial = false }: PartialOption = {},
): Record<string, InputSpec> {
  const { imageSize, numRegions } = config.detector;
  const regions = { shape: [batch, numRegions] };
  const detector = {
    image: { shape: [batch, 1, imageSize, imageSize] },
    ...targetInputShapes(config.detector, batch),
    ...(partial && { isAnnotated: regions }),
  };
  if (stage === 'detector') return detector;
  const classifiers = {
    ...detector,
    hasPhrase: regions,
    isAbnormal: regions,
    ...(partial && { isDescribed: regions }),
  };
  if (stage === 'classifiers') return classifiers;
  return {
    ...classifiers,
    textRows: { shape: ['textRows'], dtype: 'int32' },
    tokenIds: { shape: ['textRows', 'tokens'], dtype: 'int32' },
    attentionMask: { shape: ['textRows', 'tokens'] },
  };
}

/** `[B, 1, S, S]`. */
export function packImages(samples: readonly RrgSample[], imageSize: number): HostTensor {
  const plane = imageSize * imageSize;
  const data = new Float32Array(samples.length * plane);
  samples.forEach(({ image }, index) => data.set(image, index * plane));
  return float32([samples.length, 1, imageSize, imageSize], data);
}

function packFlags(
  samples: readonly RrgSample[],
  numRegions: number,
  flag: (sample: RrgSample, region: number) => boolean,
): HostTensor {
  const data = new Float32Array(samples.length * numRegions);
  samples.forEach((sample, index) => {
    for (let region = 0; region < numRegions; region++)
      data[index * numRegions + region] = flag(sample, region) ? 1 : 0;
  });
  return float32([samples.length, numRegions], data);
}

const isAnnotated = (sample: RrgSample, region: number) => sample.isAnnotated?.[region] ?? true;

const isDescribed = (sample: RrgSample, region: number) =>
  sample.isDescribed?.[region] ?? isAnnotated(sample, region);

/** @throws {ConfigError} for a sample that says nothing of a region, where the losses take every region as known */
function requireWhole(samples: readonly RrgSample[], numRegions: number): void {
  const regions = Array.from({ length: numRegions }, (_, region) => region);
  const isWhole = (sample: RrgSample) =>
    !sample.groundTruth.partialIn && regions.every((region) => isDescribed(sample, region));
  if (samples.every(isWhole)) return;
  throw new ConfigError(
    'train.packRrgBatch: expected samples with every region annotated, got one without; train with `partial` true.',
  );
}

interface TextRow {
  readonly position: number;
  readonly tokens: readonly number[];
}

/** Right-padded text. A batch without text gets one row that the loss ignores. */
function packText(rows: readonly TextRow[], padTokenId: number): Record<string, HostTensor> {
  const used = rows.length > 0 ? rows : [{ position: 0, tokens: [] }];
  const length = Math.max(2, ...used.map(({ tokens }) => tokens.length));
  const tokenIds = new Int32Array(used.length * length).fill(padTokenId);
  const attentionMask = new Float32Array(used.length * length);
  used.forEach(({ tokens }, row) => {
    tokenIds.set(tokens, row * length);
    attentionMask.fill(1, row * length, row * length + tokens.length);
  });
  return {
    textRows: int32(
      [used.length],
      used.map(({ position }) => position),
    ),
    tokenIds: int32([used.length, length], tokenIds),
    attentionMask: float32([used.length, length], attentionMask),
  };
}

/**
 * A batch as inputs of {@link rrgBatchInputs}. Training reads the rows with a phrase; validation every region, those without a phrase as
 * an empty text, as the reference does (docs/reference/traps.md#t31); a region of which nothing is known has none in either.
 * @throws {ConfigError} for samples that say nothing of some region, without `partial`
 */
export function packRrgBatch(
  samples: readonly RrgSample[],
  targets: readonly ImageTargets[],
  config: RrgConfig,
  options: { readonly stage: RrgStage; readonly training: boolean } & PartialOption,
): Record<string, HostTensor> {
  const { imageSize, numRegions } = config.detector;
  const { partial = false } = options;
  if (!partial) requireWhole(samples, numRegions);
  const detector = {
    image: packImages(samples, imageSize),
    ...packTargets(targets, config.detector),
    ...(partial && { isAnnotated: packFlags(samples, numRegions, isAnnotated) }),
  };
  if (options.stage === 'detector') return detector;
  const classifiers = {
    ...detector,
    hasPhrase: packFlags(samples, numRegions, ({ phrases }, region) => phrases[region] !== undefined),
    isAbnormal: packFlags(samples, numRegions, ({ isAbnormal }, region) => isAbnormal[region]!),
    ...(partial && { isDescribed: packFlags(samples, numRegions, isDescribed) }),
  };
  if (options.stage === 'classifiers') return classifiers;
  const { bosTokenId, eosTokenId, padTokenId } = config.reportGen;
  const rows = samples.flatMap((sample, index) =>
    sample.phrases.flatMap((tokens, region): TextRow[] => {
      const position = index * numRegions + region;
      if (tokens) return [{ position, tokens }];
      const isLeftOut = options.training || !isDescribed(sample, region);
      return isLeftOut ? [] : [{ position, tokens: [bosTokenId, eosTokenId] }];
    }),
  );
  return { ...classifiers, ...packText(rows, padTokenId) };
}
