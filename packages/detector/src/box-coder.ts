/** Factors of the four offsets (x, y, width, height). */
export type BoxCoderWeights = readonly [number, number, number, number];

/** Offsets of the region proposal network are not scaled. */
export const RPN_BOX_WEIGHTS: BoxCoderWeights = [1, 1, 1, 1];
/** Offsets of the RoI head. */
export const ROI_BOX_WEIGHTS: BoxCoderWeights = [10, 10, 5, 5];

const LARGEST_LOG_SCALE = Math.log(1000 / 16);

/**
 * Moves the `index`-th row of `boxes` by the `index`-th row of `deltas` and writes it to row `to` of `out`; all `[N, 4]`.
 * Source: docs/reference/detector.md#box-coder; growth is limited to a factor of 1000/16.
 */
function decodeInto(
  out: Float32Array,
  to: number,
  boxes: Float32Array,
  box: number,
  deltas: Float32Array,
  delta: number,
  weights: BoxCoderWeights,
): void {
  const x1 = boxes[4 * box]!;
  const y1 = boxes[4 * box + 1]!;
  const width = boxes[4 * box + 2]! - x1;
  const height = boxes[4 * box + 3]! - y1;
  const centreX = (deltas[4 * delta]! / weights[0]) * width + x1 + width / 2;
  const centreY = (deltas[4 * delta + 1]! / weights[1]) * height + y1 + height / 2;
  const newWidth = Math.exp(Math.min(deltas[4 * delta + 2]! / weights[2], LARGEST_LOG_SCALE)) * width;
  const newHeight = Math.exp(Math.min(deltas[4 * delta + 3]! / weights[3], LARGEST_LOG_SCALE)) * height;
  out[4 * to] = centreX - newWidth / 2;
  out[4 * to + 1] = centreY - newHeight / 2;
  out[4 * to + 2] = centreX + newWidth / 2;
  out[4 * to + 3] = centreY + newHeight / 2;
}

/** Boxes `[N, 4]` moved and resized by `deltas [N, 4]`. Frame of `boxes`. */
export function decodeBoxes(
  boxes: Float32Array,
  deltas: Float32Array,
  weights: BoxCoderWeights,
): Float32Array {
  const out = new Float32Array(boxes.length);
  for (let i = 0; i < boxes.length / 4; i++) decodeInto(out, i, boxes, i, deltas, i, weights);
  return out;
}

/** As {@link decodeBoxes}, only for the rows named: `[indices.length, 4]`. */
export function decodeBoxesAt(
  boxes: Float32Array,
  deltas: Float32Array,
  indices: ArrayLike<number>,
  weights: BoxCoderWeights,
): Float32Array {
  const out = new Float32Array(indices.length * 4);
  for (let i = 0; i < indices.length; i++)
    decodeInto(out, i, boxes, indices[i]!, deltas, indices[i]!, weights);
  return out;
}

/** The offsets `[N, 4]` that {@link decodeBoxes} turns `boxes` into `targets` with. */
export function encodeBoxes(
  boxes: Float32Array,
  targets: Float32Array,
  weights: BoxCoderWeights,
): Float32Array {
  const out = new Float32Array(boxes.length);
  for (let at = 0; at < boxes.length; at += 4) {
    const width = boxes[at + 2]! - boxes[at]!;
    const height = boxes[at + 3]! - boxes[at + 1]!;
    const targetWidth = targets[at + 2]! - targets[at]!;
    const targetHeight = targets[at + 3]! - targets[at + 1]!;
    out[at] = (weights[0] * (targets[at]! + targetWidth / 2 - (boxes[at]! + width / 2))) / width;
    out[at + 1] =
      (weights[1] * (targets[at + 1]! + targetHeight / 2 - (boxes[at + 1]! + height / 2))) / height;
    out[at + 2] = weights[2] * Math.log(targetWidth / width);
    out[at + 3] = weights[3] * Math.log(targetHeight / height);
  }
  return out;
}
