import type { Tf, TfTensor } from '../tf.js';

/** Largest rank at which a product with ones replaces the copying kernel. */
const PRODUCT_RANK = 4;

/** An array repeated to a shape. Multiplying with ones broadcasts some hundred times faster on WASM than its tiling kernel. */
export function expandTo(tf: Tf, x: TfTensor, shape: readonly number[]): TfTensor {
  if (x.shape.join() === shape.join()) return x;
  if (x.dtype === 'float32' && shape.length <= PRODUCT_RANK) return tf.mul(x, tf.fill([...shape], 1));
  return tf.broadcastTo(x, [...shape]);
}
