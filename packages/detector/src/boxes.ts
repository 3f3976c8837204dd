import type { Size } from '@crrg/core';
import { takeRows } from '@crrg/tensor';

/** Cuts boxes `[N, 4]` to an image, in place. */
export function clipBoxes(boxes: Float32Array, size: Size): Float32Array {
  for (let at = 0; at < boxes.length; at++) {
    const high = at % 2 === 0 ? size.width : size.height;
    boxes[at] = Math.min(Math.max(boxes[at]!, 0), high);
  }
  return boxes;
}

/** Rows of `boxes [N, 4]`, in the given order. */
export function takeBoxes(boxes: Float32Array, indices: ArrayLike<number>): Float32Array {
  return takeRows(boxes, indices, 4);
}

/** All rows of `a`, then all rows of `b`. */
export function concatBoxes(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
