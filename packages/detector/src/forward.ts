// Shape shorthand: B batch, N boxes per image, R regions (29), A anchors per cell (160), C feature channels (2048), h w feature cells,
// L = h*w*A anchors, P bins per side (8), D width of region features (1024), H W input pixels.
import {
  convolution,
  linear,
  resnet,
  type Dim,
  type NormalizationMode,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import { anchorsPerCell, featureChannels, type DetectorConfig } from './config.js';
import { resnetConfig } from './specs.js';
import { alignByWeights, binWeights, cellsOf, meanWeights, roiAxisWeights } from './roi-align.js';

/** Output of the region proposal network as its convolutions give it. */
export interface RpnMaps {
  /** Logits `[B, A, h, w]`. */
  readonly objectness: Tensor;
  /** Offsets `[B, 4*A, h, w]`, channel `4*a + c`. */
  readonly boxDeltas: Tensor;
}

/** First stage: features `[B, C, h, w]` with the region proposal network's output. */
export interface BackboneAndRpn extends RpnOutput {
  readonly features: Tensor;
}

/** Output of the region proposal network in the order of `createAnchors`. */
export interface RpnOutput {
  /** Logits `[B, L]`. */
  readonly objectness: Tensor;
  /** Offsets `[B, L, 4]`. */
  readonly boxDeltas: Tensor;
}

/** What the RoI head says about every box. */
export interface RoiOutput {
  /** `[B, N, R+1]`, class 0 is background. */
  readonly classLogits: Tensor;
  /** `[B, N, 4*(R+1)]`, class k in columns 4k .. 4k+3. */
  readonly boxDeltas: Tensor;
  /** Mean of the RoIAlign map, `[B, N, C]`. */
  readonly pooledFeatures: Tensor;
}

/** The best box of every region. */
export interface TopRegions {
  /** Probability of the region for its best box, 0 where undetected; `[B, R]`. */
  readonly scores: Tensor;
  /** bool `[B, R]`: some box prefers this region to the other regions. */
  readonly isDetected: Tensor;
  /** Which box, int32 `[B, R]`; 0 where undetected. */
  readonly indices: Tensor;
}

/** How the trunk's batch norm behaves. */
export interface ForwardOptions {
  /** @defaultValue `{ training: false }`: running statistics */
  readonly mode?: NormalizationMode | undefined;
  /** Name of the trunk in the updates of a training mode. @defaultValue 'backbone' */
  readonly name?: string | undefined;
}

/** Feature map `[B, C, h, w]` of `image [B, 1, H, W]`. */
export function backbone(
  ops: Ops,
  parameters: Parameters,
  image: Tensor,
  config: DetectorConfig,
  { mode, name = 'backbone' }: ForwardOptions = {},
): Tensor {
  return resnet(ops, parameters.scope('backbone'), image, resnetConfig(config), name, mode);
}

/** Objectness and offsets of every anchor. Source: docs/reference/detector.md#head. */
export function rpnHead(ops: Ops, parameters: Parameters, features: Tensor): RpnMaps {
  const rpn = parameters.scope('rpn');
  const hidden = ops.relu(convolution(ops, rpn.scope('conv'), features, { padding: [1, 1, 1, 1] }));
  return {
    objectness: convolution(ops, rpn.scope('objectness'), hidden),
    boxDeltas: convolution(ops, rpn.scope('boxDeltas'), hidden),
  };
}

/** The maps in the order of `createAnchors`: row by row, cell by cell, anchor by anchor. */
export function inAnchorOrder(ops: Ops, maps: RpnMaps, config: DetectorConfig): RpnOutput {
  const { height, width } = cellsOf(maps.objectness);
  const batch = maps.objectness.shape[0]!;
  const length = height * width * anchorsPerCell(config);
  return {
    objectness: ops.reshape(ops.transpose(maps.objectness, [0, 2, 3, 1]), [batch, length]),
    boxDeltas: ops.reshape(ops.transpose(maps.boxDeltas, [0, 2, 3, 1]), [batch, length, 4]),
  };
}

/**
 * First stage: `image [B, 1, H, W]`, normalised, H and W multiples of 32, to features `[B, C, h, w]` and the region proposal network's
 * output in anchor order.
 */
export function backboneAndRpn(
  ops: Ops,
  parameters: Parameters,
  image: Tensor,
  config: DetectorConfig,
  options?: ForwardOptions,
): BackboneAndRpn {
  const features = backbone(ops, parameters, image, config, options);
  return { features, ...inAnchorOrder(ops, rpnHead(ops, parameters, features), config) };
}

/**
 * How the first layer of the box head meets RoIAlign. Both are linear, so all orders give the same sums:
 * `direct` aligns every box and multiplies by the layer; `factored` multiplies the layer with every feature cell once per image and then
 * combines the results per box, which is less work for many boxes. `factoredByBin` does the same with the layer as one matrix `[C, P*P*F]`,
 * bin by bin, and the cells with 1 as their largest feature, as quantised weights need it; in float32 that would be a copy of the layer.
 */
export type BoxHeadOrder = 'direct' | 'factored' | 'factoredByBin';

/** The order with fewer multiplications for `numBoxes` boxes per image over `numCells` feature cells. */
export function cheaperOrder(
  config: DetectorConfig,
  numCells: number,
  numBoxes: number,
): 'direct' | 'factored' {
  const bins = config.roi.outputSize ** 2;
  const channels = featureChannels(config);
  const direct = numBoxes * bins * channels * (numCells + config.representationSize);
  const factored = bins * numCells * config.representationSize * (channels + numBoxes);
  return factored < direct ? 'factored' : 'direct';
}

/** First layer over aligned boxes: `features [B, C, h, w]`, `weights [B, N, h*w, P*P]` to `[B, N, F]`. */
function directFc6(ops: Ops, fc6: Parameters, features: Tensor, weights: Tensor): Tensor {
  const aligned = alignByWeights(ops, features, weights);
  const [batch, numBoxes, channels, bins] = aligned.shape as [Dim, Dim, number, number];
  return linear(ops, fc6, ops.reshape(aligned, [batch, numBoxes, channels * bins]));
}

/** The same, with the layer applied to the cells first. */
function factoredFc6(ops: Ops, fc6: Parameters, features: Tensor, weights: Tensor): Tensor {
  const [batch, channels] = features.shape as [Dim, number];
  const [, , cells, bins] = weights.shape as [Dim, Dim, number, number];
  const kernel = fc6.get('weight');
  const width = kernel.shape[0]!;
  const byCell = ops.transpose(ops.reshape(features, [batch, 1, channels, cells]), [0, 1, 3, 2]); // [B, 1, h*w, C]
  const perBin = ops.matmul(byCell, ops.reshape(kernel, [width, channels, bins])); // [B, F, h*w, P*P]
  const flatWeights = ops.reshape(weights, [batch, weights.shape[1]!, cells * bins]);
  const sum = ops.matmul(flatWeights, ops.reshape(perBin, [batch, width, cells * bins]), {
    transposeB: true,
  });
  return ops.add(sum, fc6.get('bias'));
}

/** Divides the cells that show nothing. */
const SMALLEST_PEAK = 2 ** -100;

/** {@link factoredFc6} with the layer as one matrix, and all cells with the same largest feature. */
function factoredFc6ByBin(ops: Ops, fc6: Parameters, features: Tensor, weights: Tensor): Tensor {
  const [batch, channels] = features.shape as [Dim, number];
  const [, numBoxes, cells, bins] = weights.shape as [Dim, Dim, number, number];
  const kernel = fc6.get('weight');
  const width = kernel.shape[0] as number;
  const byCell = ops.transpose(ops.reshape(features, [batch, channels, cells]), [0, 2, 1]); // [B, h*w, C]
  const peaks = ops.maximum(ops.max(byCell, { axes: [2], keepDims: true }), SMALLEST_PEAK); // [B, h*w, 1]
  const byBin = ops.transpose(ops.reshape(kernel, [width, channels, bins]), [1, 2, 0]); // [C, P*P, F]
  const perBin = ops.matmul(ops.div(byCell, peaks), ops.reshape(byBin, [channels, bins * width]));
  const scaled = ops.mul(weights, ops.reshape(peaks, [batch, 1, cells, 1]));
  const sum = ops.matmul(
    ops.reshape(scaled, [batch, numBoxes, cells * bins]),
    ops.reshape(perBin, [batch, cells * bins, width]),
  );
  return ops.add(sum, fc6.get('bias'));
}

const FC6_ORDERS = { direct: directFc6, factored: factoredFc6, factoredByBin: factoredFc6ByBin };

/** Mean over the bins of RoIAlign, `[B, N, C]`. */
function poolFeatures(ops: Ops, features: Tensor, weights: Tensor): Tensor {
  const [batch, channels] = features.shape as [Dim, number];
  return ops.matmul(weights, ops.reshape(features, [batch, channels, weights.shape[2]!]), {
    transposeB: true,
  });
}

/** Box head of one order: representation of every box, `[B, N, F]`. */
export function boxHead(
  ops: Ops,
  parameters: Parameters,
  features: Tensor,
  weights: Tensor,
  order: BoxHeadOrder,
): Tensor {
  const head = parameters.scope('boxHead');
  const fc6 = FC6_ORDERS[order](ops, head.scope('fc6'), features, weights);
  return ops.relu(linear(ops, head.scope('fc7'), ops.relu(fc6)));
}

/**
 * Second stage: what `features [B, C, h, w]` show in `boxes [B, N, 4]` (input pixels). No gradient flows into the boxes' coordinates.
 * Memory grows with `N * h*w * P*P` (`factored`) or `N * C * P*P` (`direct`) numbers. Source: docs/reference/detector.md#roialign.
 */
export function roiHead(
  ops: Ops,
  parameters: Parameters,
  features: Tensor,
  boxes: Tensor,
  config: DetectorConfig,
  order: BoxHeadOrder,
): RoiOutput {
  const axes = roiAxisWeights(ops, ops.stopGradient(boxes), cellsOf(features), config.roi);
  const representation = boxHead(ops, parameters, features, binWeights(ops, axes), order);
  const predictor = parameters.scope('boxPredictor');
  return {
    classLogits: linear(ops, predictor.scope('classLogits'), representation),
    boxDeltas: linear(ops, predictor.scope('boxDeltas'), representation),
    pooledFeatures: poolFeatures(ops, features, meanWeights(ops, axes)),
  };
}

/** Only the pooled features of given boxes, `[B, N, C]`: all that a caller with its own boxes needs. */
export function pooledBoxFeatures(ops: Ops, features: Tensor, boxes: Tensor, config: DetectorConfig): Tensor {
  return poolFeatures(
    ops,
    features,
    meanWeights(ops, roiAxisWeights(ops, boxes, cellsOf(features), config.roi)),
  );
}

/**
 * The best box of every region. A box votes for the region that it prefers to the other regions; background takes part in the softmax
 * only, so a box that is most probably background still votes, and there is no score threshold (docs/reference/traps.md#t5).
 * `boxMask [B, N]` (bool) excludes padding. Source: docs/reference/detector.md#best-box-per-region.
 */
export function topRegions(ops: Ops, classLogits: Tensor, boxMask?: Tensor): TopRegions {
  const [batch, numBoxes, numClasses] = classLogits.shape as [Dim, Dim, number];
  const probabilities = ops.slice(ops.softmax(classLogits, 2), {
    axes: [2],
    starts: [1],
    ends: [numClasses],
  });
  const preferred = ops.reshape(ops.argMax(probabilities, 2), [batch, numBoxes, 1]);
  const votes = ops.equal(preferred, ops.iota(numClasses - 1)); // [B, N, R]
  const valid = boxMask ? ops.and(votes, ops.reshape(boxMask, [batch, numBoxes, 1])) : votes;
  const candidates = ops.where(valid, probabilities, -1);
  const best = ops.max(candidates, { axes: [1] });
  return { scores: ops.relu(best), isDetected: ops.less(0, best), indices: ops.argMax(candidates, 1) };
}

/** Rows `indices [B, R]` of `values [B, N, K]`: `[B, R, K]`. */
export function gatherRows(ops: Ops, values: Tensor, indices: Tensor): Tensor {
  const [batch, , width] = values.shape as [Dim, Dim, Dim];
  const numRows = indices.shape[1]!;
  const rows = ops.broadcastTo(ops.reshape(indices, [batch, numRows, 1]), [batch, numRows, width]);
  return ops.gatherElements(values, rows, 1);
}

/** The four offsets that each region's own class gives its best box: `boxDeltas [B, N, 4*(R+1)]`, `indices [B, R]` to `[B, R, 4]`. */
export function topBoxDeltas(ops: Ops, boxDeltas: Tensor, indices: Tensor): Tensor {
  const [batch, numBoxes, columns] = boxDeltas.shape as [Dim, Dim, number];
  const numRegions = columns / 4 - 1;
  const ofRegions = ops.slice(boxDeltas, { axes: [2], starts: [4], ends: [columns] });
  const byRegion = ops.reshape(ofRegions, [batch, numBoxes, numRegions, 4]);
  const rows = ops.broadcastTo(ops.reshape(indices, [batch, 1, numRegions, 1]), [batch, 1, numRegions, 4]);
  return ops.reshape(ops.gatherElements(byRegion, rows, 1), [batch, numRegions, 4]);
}

/** Region features `[.., D]` from pooled features `[.., C]`: what region selector and report generator read. */
export function regionProjection(ops: Ops, parameters: Parameters, pooledFeatures: Tensor): Tensor {
  return linear(ops, parameters.scope('regionProjection'), pooledFeatures);
}
