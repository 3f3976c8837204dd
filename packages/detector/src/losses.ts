// Shape shorthand as in forward.ts; S sampled anchors, Q positive anchors, N sampled boxes per image, all padded with weight 0.
import { ShapeError } from '@crrg/core';
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  maskedMean,
  smoothL1,
  staticDim,
  type Dim,
  type InputSpec,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import type { DetectorConfig } from './config.js';
import {
  backboneAndRpn,
  cheaperOrder,
  roiHead,
  type BackboneAndRpn,
  type ForwardOptions,
  type RoiOutput,
  type RpnOutput,
} from './forward.js';
import { cellsOf } from './roi-align.js';
import { TARGET_INPUT_NAMES, rpnRows, type TargetInputName } from './pack-targets.js';

/** Where the smooth-L1 loss turns from a parabola to a line. */
const SMOOTH_L1_BETA = 1 / 9;
/** Log-probability of a class that a box cannot have; its exponential is 0. */
const IMPOSSIBLE = -1e9;

/** The traced target inputs. */
export type TargetTensors = Readonly<Record<TargetInputName, Tensor>>;

/** Scalars; their plain sum is the detector's loss. */
export interface DetectorLosses {
  readonly classifier: Tensor;
  readonly boxRegression: Tensor;
  readonly objectness: Tensor;
  readonly rpnBoxRegression: Tensor;
}

/** Inputs of a traced loss over `batch` images, as `packTargets` fills them. @defaultValue roiRows: `config.roi.sampleSize` */
export function targetInputShapes(
  config: DetectorConfig,
  batch: Dim,
  roiRows: number = config.roi.sampleSize,
): Record<TargetInputName, InputSpec> {
  const { anchors, positives } = rpnRows(config);
  return {
    rpnIndices: { shape: [batch, anchors], dtype: 'int32' },
    rpnLabels: { shape: [batch, anchors] },
    rpnWeights: { shape: [batch, anchors] },
    rpnBoxIndices: { shape: [batch, positives], dtype: 'int32' },
    rpnBoxDeltas: { shape: [batch, positives, 4] },
    rpnBoxWeights: { shape: [batch, positives] },
    roiBoxes: { shape: [batch, roiRows, 4] },
    roiLabels: { shape: [batch, roiRows], dtype: 'int32' },
    roiBoxDeltas: { shape: [batch, roiRows, 4] },
    roiWeights: { shape: [batch, roiRows] },
  };
}

/** The target tensors among the inputs of a trace. @throws {ShapeError} where one is missing */
function targetsOf(inputs: Readonly<Record<string, Tensor>>): TargetTensors {
  const missing = TARGET_INPUT_NAMES.filter((name) => !inputs[name]);
  if (missing.length > 0) {
    throw new ShapeError(
      `detector.losses: inputs ${missing.join(', ')} are missing; trace with those of targetInputShapes().`,
    );
  }
  return inputs as TargetTensors;
}

/** Weighted sum of `values` over `count`, 0 where nothing counts. */
function weightedMean(ops: Ops, values: Tensor, weights: Tensor, count: Tensor): Tensor {
  return ops.div(ops.sum(ops.mul(values, weights)), ops.maximum(count, 1));
}

/** Sum over the four offsets of smooth L1, `[B, K, 4]` to `[B, K]`. */
function boxDistance(ops: Ops, deltas: Tensor, expected: Tensor): Tensor {
  return ops.sum(smoothL1(ops, deltas, expected, SMOOTH_L1_BETA), { axes: [2] });
}

/**
 * Losses of the region proposal network: both divide by the number of sampled anchors of the batch.
 * Source: docs/reference/detector.md#losses-of-the-rpn.
 */
export function rpnLosses(
  ops: Ops,
  output: RpnOutput,
  targets: TargetTensors,
): Pick<DetectorLosses, 'objectness' | 'rpnBoxRegression'> {
  const count = ops.sum(targets.rpnWeights);
  const logits = ops.gatherElements(output.objectness, targets.rpnIndices, 1);
  const [batch, positives] = targets.rpnBoxIndices.shape as [Dim, Dim];
  const rows = ops.broadcastTo(ops.reshape(targets.rpnBoxIndices, [batch, positives, 1]), [
    batch,
    positives,
    4,
  ]);
  const deltas = ops.gatherElements(output.boxDeltas, rows, 1);
  return {
    objectness: maskedMean(
      ops,
      binaryCrossEntropyWithLogits(ops, logits, targets.rpnLabels),
      targets.rpnWeights,
    ),
    rpnBoxRegression: weightedMean(
      ops,
      boxDistance(ops, deltas, targets.rpnBoxDeltas),
      targets.rpnBoxWeights,
      count,
    ),
  };
}

/**
 * Cross-entropy where images say nothing of some regions, `[B, N]`: a box of no annotated region may be background or any region that
 * was not annotated, so the loss is of the sum of their probabilities. Equal to `crossEntropy` where every region was annotated.
 * @param isAnnotated float32 `[B, R]`, 0 or 1
 */
function partialCrossEntropy(ops: Ops, classLogits: Tensor, labels: Tensor, isAnnotated: Tensor): Tensor {
  const [batch, numBoxes, numClasses] = classLogits.shape as [Dim, Dim, number];
  const label = ops.reshape(labels, [batch, numBoxes, 1]);
  const isLabel = ops.equal(label, ops.iota(numClasses)); // [B, N, R+1]
  const isOpen = ops.reshape(ops.concat([ops.zeros([batch, 1]), ops.sub(1, isAnnotated)], 1), [
    batch,
    1,
    numClasses,
  ]);
  const isPossible = ops.or(isLabel, ops.and(ops.equal(label, 0), ops.less(0, isOpen)));
  const logProbabilities = ops.logSoftmax(classLogits, 2);
  const possible = ops.where(isPossible, logProbabilities, IMPOSSIBLE);
  const highest = ops.stopGradient(ops.max(possible, { axes: [2], keepDims: true }));
  const sum = ops.sum(ops.exp(ops.sub(possible, highest)), { axes: [2] });
  return ops.neg(ops.add(ops.log(sum), ops.reshape(highest, [batch, numBoxes])));
}

/**
 * Losses of the RoI head: both divide by the number of sampled boxes of the batch.
 * Source: docs/reference/detector.md#losses-of-the-roi-head.
 * @param isAnnotated float32 `[B, R]`: 0 where an image says nothing of a region (docs/reference/training.md#regions-that-were-not-annotated)
 * @defaultValue isAnnotated: every region was annotated
 */
export function roiLosses(
  ops: Ops,
  output: Pick<RoiOutput, 'classLogits' | 'boxDeltas'>,
  targets: TargetTensors,
  isAnnotated?: Tensor,
): Pick<DetectorLosses, 'classifier' | 'boxRegression'> {
  const [batch, numBoxes, numClasses] = output.classLogits.shape as [Dim, Dim, number];
  const count = ops.sum(targets.roiWeights);
  const byClass = ops.reshape(output.boxDeltas, [batch, numBoxes, numClasses, 4]);
  const columns = ops.broadcastTo(ops.reshape(targets.roiLabels, [batch, numBoxes, 1, 1]), [
    batch,
    numBoxes,
    1,
    4,
  ]);
  const deltas = ops.reshape(ops.gatherElements(byClass, columns, 2), [batch, numBoxes, 4]);
  const isPositive = ops.cast(ops.less(0, targets.roiLabels), 'float32');
  const classLoss = isAnnotated
    ? partialCrossEntropy(ops, output.classLogits, targets.roiLabels, isAnnotated)
    : crossEntropy(ops, output.classLogits, targets.roiLabels);
  return {
    classifier: maskedMean(ops, classLoss, targets.roiWeights),
    boxRegression: weightedMean(
      ops,
      boxDistance(ops, deltas, targets.roiBoxDeltas),
      ops.mul(targets.roiWeights, isPositive),
      count,
    ),
  };
}

/** The four losses added up. */
export function totalDetectorLoss(ops: Ops, losses: DetectorLosses): Tensor {
  return ops.add(
    ops.add(losses.classifier, losses.boxRegression),
    ops.add(losses.objectness, losses.rpnBoxRegression),
  );
}

/** A training forward pass: the losses and what later stages read. */
export interface DetectorTrainingOutput {
  readonly losses: DetectorLosses;
  readonly firstStage: BackboneAndRpn;
  readonly roi: RoiOutput;
  /** bool `[B, N]`: which rows are boxes, not padding. */
  readonly boxMask: Tensor;
}

/**
 * Image to losses, to be traced into a training or validation graph: `inputs` holds `image [B, 1, H, W]`, the targets and, where not every
 * region was annotated, `isAnnotated [B, R]`. Targets come from `assignTargets` and `packTargets`, after a run of {@link backboneAndRpn} with the same parameters and mode.
 *
 * @example
 * ```ts
 * const graph = trace(
 *   { inputs: { image: { shape: [4, 1, 128, 128] }, ...targetInputShapes(config, 4) }, parameters: detectorSpecs(config) },
 *   (ops, { inputs, parameters }) => {
 *     const updates: BufferUpdates = new Map();
 *     const { losses } = detectorTraining(ops, parameters, inputs, config, { mode: { training: true, updates } });
 *     return { loss: totalDetectorLoss(ops, losses), ...Object.fromEntries(updates) };
 *   },
 * );
 * ```
 */
export function detectorTraining(
  ops: Ops,
  parameters: Parameters,
  inputs: Readonly<Record<string, Tensor>>,
  config: DetectorConfig,
  options?: ForwardOptions,
): DetectorTrainingOutput {
  const targets = targetsOf(inputs);
  const firstStage = backboneAndRpn(ops, parameters, inputs['image']!, config, options);
  const { height, width } = cellsOf(firstStage.features);
  const numBoxes = staticDim(targets.roiBoxes.shape[1]!, 'detector.losses roiBoxes');
  const order = cheaperOrder(config, height * width, numBoxes);
  const roi = roiHead(ops, parameters, firstStage.features, targets.roiBoxes, config, order);
  return {
    losses: {
      ...roiLosses(ops, roi, targets, inputs['isAnnotated']),
      ...rpnLosses(ops, firstStage, targets),
    },
    firstStage,
    roi,
    boxMask: ops.less(0, targets.roiWeights),
  };
}
