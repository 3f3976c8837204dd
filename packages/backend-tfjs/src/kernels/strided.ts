import { sizeOf } from '@crrg/tensor';
import type { Tf, TfTensor } from '../tf.js';

/** Below this many neighbouring elements, copying run by run costs more than the general kernel. */
const SHORT_RUN = 8;

/** The part `[start, start + length)` of one axis, on three axes, which every engine copies run by run. */
function sliceAxis(tf: Tf, x: TfTensor, axis: number, start: number, length: number): TfTensor {
  const size = x.shape[axis]!;
  if (start === 0 && length === size) return x;
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const part = tf.slice(tf.reshape(x, [outer, size, inner]), [0, start, 0], [outer, length, inner]);
  return tf.reshape(part, [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)]);
}

/** Every `step`-th element of one axis from `start`: the first column of rows that are `step` long. */
function stepAxis(tf: Tf, x: TfTensor, axis: number, start: number, length: number, step: number): TfTensor {
  if (step === 1) return sliceAxis(tf, x, axis, start, length);
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const available = Math.min(x.shape[axis]! - start, length * step);
  const part = sliceAxis(tf, x, axis, start, available);
  const rows = tf.reshape(part, [outer, available * inner]);
  const missing = length * step - available;
  const whole = missing === 0 ? rows : tf.pad(rows, [[0, 0], [0, missing * inner]]); // prettier-ignore
  const first = tf.slice(tf.reshape(whole, [outer * length, step * inner]), [0, 0], [outer * length, inner]);
  return tf.reshape(first, [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)]);
}

function gatherAxis(tf: Tf, x: TfTensor, axis: number, start: number, length: number, step: number) {
  if (start === 0 && length === x.shape[axis] && step === 1) return x;
  return tf.gather(x, tf.range(start, start + (length - 1) * step + 1, step, 'int32'), axis);
}

/**
 * `x[start], x[start + step], ..` of every axis, `shape` elements. TensorFlow.js's own strided slice is ten times slower on WASM, where
 * it also takes every element for a float.
 */
export function stridedSlice(
  tf: Tf,
  x: TfTensor,
  starts: readonly number[],
  shape: readonly number[],
  steps: readonly number[],
): TfTensor {
  const innermost = steps.findLastIndex((step) => step > 1);
  const pick = innermost >= 0 && sizeOf(shape.slice(innermost + 1)) < SHORT_RUN ? gatherAxis : stepAxis;
  return shape.reduce<TfTensor>(
    (part, length, axis) => pick(tf, part, axis, starts[axis]!, length, steps[axis]!),
    x,
  );
}
