import { sizeOf } from '@crrg/tensor';
import { rowMajor, swapped } from '../layout.js';
import type { Tf, TfTensor } from '../tf.js';
import type { Value } from '../value.js';
import type { Kernel } from './definition.js';
import { expandTo } from './expand.js';

interface Factor {
  readonly tensor: TfTensor;
  /** The product kernel must read it with its last two axes swapped. */
  readonly flag: boolean;
}

/** A factor as `[.., rows, columns]` of the product; transposed in memory unless the kernel can do it well itself. */
function factor(x: Value, transpose: boolean, mayFlag: boolean): Factor {
  const rank = x.shape.length;
  const wanted = transpose ? swapped(rank) : rowMajor(rank);
  const other = transpose ? rowMajor(rank) : swapped(rank);
  if (mayFlag && !x.has(wanted) && x.has(other)) return { tensor: x.view(other), flag: true };
  return { tensor: x.view(wanted), flag: false };
}

/** Kernels repeat a factor over the batch only where it is a single matrix. */
function expandBatch(tf: Tf, { tensor, flag }: Factor, batch: readonly number[]): Factor {
  const own = tensor.shape.slice(0, -2);
  if (sizeOf(own) === 1 || own.join() === batch.join()) return { tensor, flag };
  return { tensor: expandTo(tf, tensor, [...batch, ...tensor.shape.slice(-2)]), flag };
}

export const matmulKernel: Kernel<'matmul'> = (
  { tf, shape, prefersPlainKernels },
  [a, b],
  { transposeA, transposeB },
) => {
  const batch = shape.slice(0, -2);
  const oneMatrix = sizeOf(b!.shape.slice(0, -2)) === 1;
  const flattens = oneMatrix && a!.shape.length > 2 && sizeOf(a!.shape.slice(0, -2)) === sizeOf(batch);
  const left = factor(a!, transposeA, !prefersPlainKernels && !flattens);
  const right = factor(b!, transposeB, !prefersPlainKernels);
  if (flattens) {
    const rows = tf.reshape(left.tensor, [sizeOf(shape.slice(0, -1)), -1]);
    const matrix = tf.reshape(right.tensor, right.tensor.shape.slice(-2));
    return tf.reshape(tf.matMul(rows, matrix, false, right.flag), [...shape]);
  }
  const [l, r] = [expandBatch(tf, left, batch), expandBatch(tf, right, batch)];
  return tf.reshape(tf.matMul(l.tensor, r.tensor, l.flag, r.flag), [...shape]);
};
