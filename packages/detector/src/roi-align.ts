// Shape shorthand: B batch, N boxes per image, C channels, h w feature cells, P bins per side (8), S sample points per side of a bin (2).
import type { Size } from '@crrg/core';
import { staticDim, type Dim, type Ops, type Tensor } from '@crrg/tensor';
import { STRIDE, type RoiConfig } from './config.js';

/** How much each row and each column of feature cells counts in each row and column of bins. */
export interface RoiAxisWeights {
  /** `[B, N, P, h]` */
  readonly rows: Tensor;
  /** `[B, N, P, w]` */
  readonly columns: Tensor;
}

/**
 * Weights of the cells of one axis in each bin, `[B, N, P, size]`: the mean of the bin's bilinear ("hat") sample points.
 * `low` and `high` are the edges of the boxes in input pixels, `[B, N, 1]`. A point more than one cell before the first or beyond `size`
 * counts nothing; other points near the border read the border cell.
 */
function axisWeights(ops: Ops, low: Tensor, high: Tensor, size: number, config: RoiConfig): Tensor {
  const { outputSize, samplingRatio } = config;
  const [batch, numBoxes] = low.shape as [Dim, Dim];
  const numPoints = outputSize * samplingRatio;
  const start = ops.div(low, STRIDE);
  const extent = ops.maximum(ops.sub(ops.div(high, STRIDE), start), 1);
  const fractions = ops.div(ops.add(ops.cast(ops.iota(numPoints), 'float32'), 0.5), numPoints);
  const points = ops.add(start, ops.mul(extent, fractions)); // [B, N, P*S]
  const cells = ops.cast(ops.iota(size), 'float32');
  const outside = ops.or(ops.less(points, -1), ops.less(size, points));
  const clamped = ops.minimum(ops.maximum(points, 0), size - 1);
  const distance = ops.abs(ops.sub(ops.reshape(clamped, [batch, numBoxes, numPoints, 1]), cells));
  const hat = ops.relu(ops.sub(1, distance)); // [B, N, P*S, size]
  const kept = ops.where(ops.reshape(outside, [batch, numBoxes, numPoints, 1]), 0, hat);
  return ops.mean(ops.reshape(kept, [batch, numBoxes, outputSize, samplingRatio, size]), { axes: [3] });
}

/** The weights of boxes `[B, N, 4]` (xyxy, input pixels) over a feature map of `h x w` cells. */
export function roiAxisWeights(ops: Ops, boxes: Tensor, cells: Size, config: RoiConfig): RoiAxisWeights {
  const edge = (index: number) => ops.slice(boxes, { axes: [2], starts: [index], ends: [index + 1] });
  return {
    rows: axisWeights(ops, edge(1), edge(3), cells.height, config),
    columns: axisWeights(ops, edge(0), edge(2), cells.width, config),
  };
}

/** The weight of every cell in every bin, `[B, N, h*w, P*P]`: RoIAlign is a matrix product with it. */
export function binWeights(ops: Ops, { rows, columns }: RoiAxisWeights): Tensor {
  const [batch, numBoxes, bins, height] = rows.shape as [Dim, Dim, number, number];
  const width = columns.shape[3] as number;
  const byRow = ops.reshape(ops.transpose(rows, [0, 1, 3, 2]), [batch, numBoxes, height, 1, bins, 1]);
  const byColumn = ops.reshape(ops.transpose(columns, [0, 1, 3, 2]), [batch, numBoxes, 1, width, 1, bins]);
  return ops.reshape(ops.mul(byRow, byColumn), [batch, numBoxes, height * width, bins * bins]);
}

/** The weight of every cell in the mean over all bins, `[B, N, h*w]`. */
export function meanWeights(ops: Ops, { rows, columns }: RoiAxisWeights): Tensor {
  const [batch, numBoxes, , height] = rows.shape as [Dim, Dim, number, number];
  const width = columns.shape[3] as number;
  const byRow = ops.reshape(ops.mean(rows, { axes: [2] }), [batch, numBoxes, height, 1]);
  const byColumn = ops.reshape(ops.mean(columns, { axes: [2] }), [batch, numBoxes, 1, width]);
  return ops.reshape(ops.mul(byRow, byColumn), [batch, numBoxes, height * width]);
}

/** Fixed height and width of `features [B, C, h, w]`. @throws {ShapeError} where they are symbolic */
export function cellsOf(features: Tensor): Size {
  const where = 'detector.roiHead features';
  return { height: staticDim(features.shape[2]!, where), width: staticDim(features.shape[3]!, where) };
}

/** RoIAlign by given {@link binWeights}: `features [B, C, h, w]` to `[B, N, C, P*P]`, bins row by row. */
export function alignByWeights(ops: Ops, features: Tensor, weights: Tensor): Tensor {
  const { height, width } = cellsOf(features);
  const [batch, channels] = features.shape as [Dim, Dim];
  return ops.matmul(ops.reshape(features, [batch, 1, channels, height * width]), weights);
}

/**
 * RoIAlign (`aligned = false`) of `features [B, C, h, w]` over boxes `[B, N, 4]` in input pixels: `[B, N, C, P*P]`, bins row by row.
 * Differentiable with respect to the features. Source: torchvision's `roi_align` (docs/reference/detector.md#roialign).
 */
export function roiAlign(ops: Ops, features: Tensor, boxes: Tensor, config: RoiConfig): Tensor {
  return alignByWeights(
    ops,
    features,
    binWeights(ops, roiAxisWeights(ops, boxes, cellsOf(features), config)),
  );
}
