import type { Random } from '@crrg/core';
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
}

/** Makes a sample; a training sample may be augmented with the generator's numbers. */
export type RrgSampleSource = (random: Random) => Promise<RrgSample> | RrgSample;

/** The inputs of a stage's loss for a fixed batch size; rows and length of the text may differ from batch to batch. */
export function rrgBatchInputs(config: RrgConfig, stage: RrgStage, batch: number): Record<string, InputSpec> {
  const { imageSize, numRegions } = config.detector;
  const detector = {
    image: { shape: [batch, 1, imageSize, imageSize] },
    ...targetInputShapes(config.detector, batch),
  };
  if (stage === 'detector') return detector;
  const classifiers = {
    ...detector,
    hasPhrase: { shape: [batch, numRegions] },
    isAbnormal: { shape: [batch, numRegions] },
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
 * an empty text, as the reference does (docs/reference/traps.md#t31).
 */
export function packRrgBatch(
  samples: readonly RrgSample[],
  targets: readonly ImageTargets[],
  config: RrgConfig,
  options: { readonly stage: RrgStage; readonly training: boolean },
): Record<string, HostTensor> {
  const { imageSize, numRegions } = config.detector;
  const detector = {
    image: packImages(samples, imageSize),
    ...packTargets(targets, config.detector),
  };
  if (options.stage === 'detector') return detector;
  const classifiers = {
    ...detector,
    hasPhrase: packFlags(samples, numRegions, ({ phrases }, region) => phrases[region] !== undefined),
    isAbnormal: packFlags(samples, numRegions, ({ isAbnormal }, region) => isAbnormal[region]!),
  };
  if (options.stage === 'classifiers') return classifiers;
  const { bosTokenId, eosTokenId, padTokenId } = config.reportGen;
  const rows = samples.flatMap(({ phrases }, index) =>
    phrases.flatMap((tokens, region): TextRow[] => {
      const position = index * numRegions + region;
      if (tokens) return [{ position, tokens }];
      return options.training ? [] : [{ position, tokens: [bosTokenId, eosTokenId] }];
    }),
  );
  return { ...classifiers, ...packText(rows, padTokenId) };
}
