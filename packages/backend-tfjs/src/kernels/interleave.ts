import { sizeOf } from '@crrg/tensor';
import type { Tf, TfTensor } from '../tf.js';

/**
 * Puts `step - 1` zeros between the elements along an axis. Works on two axes only, within the rank that every engine pads.
 */
export function interleaveZeros(tf: Tf, x: TfTensor, axis: number, step: number): TfTensor {
  const size = x.shape[axis]!;
  if (step === 1 || size === 1) return x;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const rows = x.size / inner;
  const spaced = tf.pad(tf.reshape(x, [rows, inner]), [
    [0, 0],
    [0, inner * (step - 1)],
  ]);
  const shape = [...x.shape];
  shape[axis] = size * step;
  const full = tf.reshape(spaced, shape);
  const kept = [...shape];
  kept[axis] = (size - 1) * step + 1;
  return tf.slice(
    full,
    shape.map(() => 0),
    kept,
  );
}
