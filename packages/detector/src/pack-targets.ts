import { float32, int32, type HostTensor } from '@crrg/tensor';
import type { DetectorConfig } from './config.js';
import type { ImageTargets } from './targets.js';

/** Names of the graph inputs that {@link packTargets} fills. */
export const TARGET_INPUT_NAMES = [
  'rpnIndices',
  'rpnLabels',
  'rpnWeights',
  'rpnBoxIndices',
  'rpnBoxDeltas',
  'rpnBoxWeights',
  'roiBoxes',
  'roiLabels',
  'roiBoxDeltas',
  'roiWeights',
] as const;

/** Name of one target input. */
export type TargetInputName = (typeof TARGET_INPUT_NAMES)[number];

/** A padded row per image; padding has weight 0. */
class PaddedRows {
  readonly data: Float32Array | Int32Array;
  constructor(
    private readonly dtype: 'float32' | 'int32',
    private readonly shape: readonly number[],
  ) {
    const size = shape.reduce((a, b) => a * b, 1);
    this.data = dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  }
  set(image: number, values: ArrayLike<number>): void {
    this.data.set(values, image * (this.data.length / this.shape[0]!));
  }
  tensor(): HostTensor {
    return this.dtype === 'float32'
      ? float32(this.shape, this.data as Float32Array)
      : int32(this.shape, this.data as Int32Array);
  }
}

const ones = (count: number) => new Float32Array(count).fill(1);

/**
 * The targets as inputs of a traced loss (see `targetInputShapes`): each list padded to a fixed length with rows of weight 0, so that one
 * compiled graph serves every batch. `roiRows` is the padded number of boxes per image.
 * @defaultValue roiRows: `config.roi.sampleSize`
 */
export function packTargets(
  targets: readonly ImageTargets[],
  config: DetectorConfig,
  roiRows: number = config.roi.sampleSize,
): Record<TargetInputName, HostTensor> {
  const batch = targets.length;
  const { anchors, positives } = rpnRows(config);
  const rows = {
    rpnIndices: new PaddedRows('int32', [batch, anchors]),
    rpnLabels: new PaddedRows('float32', [batch, anchors]),
    rpnWeights: new PaddedRows('float32', [batch, anchors]),
    rpnBoxIndices: new PaddedRows('int32', [batch, positives]),
    rpnBoxDeltas: new PaddedRows('float32', [batch, positives, 4]),
    rpnBoxWeights: new PaddedRows('float32', [batch, positives]),
    roiBoxes: new PaddedRows('float32', [batch, roiRows, 4]),
    roiLabels: new PaddedRows('int32', [batch, roiRows]),
    roiBoxDeltas: new PaddedRows('float32', [batch, roiRows, 4]),
    roiWeights: new PaddedRows('float32', [batch, roiRows]),
  } satisfies Record<TargetInputName, PaddedRows>;
  targets.forEach(({ rpn, roi }, image) => {
    rows.rpnIndices.set(image, [...rpn.positives, ...rpn.negatives]);
    rows.rpnLabels.set(image, ones(rpn.positives.length));
    rows.rpnWeights.set(image, ones(rpn.positives.length + rpn.negatives.length));
    rows.rpnBoxIndices.set(image, rpn.positives);
    rows.rpnBoxDeltas.set(image, rpn.boxDeltas);
    rows.rpnBoxWeights.set(image, ones(rpn.positives.length));
    rows.roiBoxes.set(image, roi.boxes);
    rows.roiLabels.set(image, roi.labels);
    rows.roiBoxDeltas.set(image, roi.boxDeltas);
    rows.roiWeights.set(image, ones(roi.labels.length));
  });
  return Object.fromEntries(TARGET_INPUT_NAMES.map((name) => [name, rows[name].tensor()])) as Record<
    TargetInputName,
    HostTensor
  >;
}

/** Padded rows of the anchor lists. */
export function rpnRows(config: DetectorConfig): { readonly anchors: number; readonly positives: number } {
  const { sampleSize, positiveFraction } = config.rpn;
  return { anchors: sampleSize, positives: Math.max(1, Math.floor(sampleSize * positiveFraction)) };
}
