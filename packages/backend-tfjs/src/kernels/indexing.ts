import { sizeOf, stridesOf } from '@crrg/tensor';
import type { Tf, TfTensor } from '../tf.js';
import { unaryKernel, type Kernels } from './definition.js';

/** Per element of `shape`, its offset in an array with `strides`, `axis` left out. */
function offsetsWithout(axis: number, shape: readonly number[], strides: readonly number[]): Int32Array {
  let offsets = new Int32Array([0]);
  shape.forEach((size, at) => {
    const next = new Int32Array(offsets.length * size);
    for (let i = 0; i < offsets.length; i++) {
      for (let j = 0; j < size; j++) next[i * size + j] = offsets[i]! + (at === axis ? 0 : j * strides[at]!);
    }
    offsets = next;
  });
  return offsets;
}

/** Indices along one axis as positions in flat memory of an array of `shape`. */
function flatPositions(tf: Tf, indices: TfTensor, axis: number, shape: readonly number[]): TfTensor {
  const strides = stridesOf(shape);
  const base = tf.tensor1d(offsetsWithout(axis, indices.shape, strides), 'int32');
  const along = tf.reshape(indices, [indices.size]);
  return tf.add(base, strides[axis] === 1 ? along : tf.mul(along, tf.scalar(strides[axis]!, 'int32')));
}

export const indexingKernels = {
  gather: ({ tf, shape }, [x, indices], { axis }) => {
    const list = tf.reshape(indices!.view(), [indices!.size]) as ReturnType<Tf['tensor1d']>;
    return tf.reshape(tf.gather(x!.view(), list, axis), [...shape]);
  },
  gatherElements: ({ tf, shape }, [x, indices], { axis }) => {
    const positions = flatPositions(tf, indices!.view(), axis, x!.shape) as ReturnType<Tf['tensor1d']>;
    return tf.reshape(tf.gather(tf.reshape(x!.view(), [x!.size]), positions), [...shape]);
  },
  scatterAddElements: ({ tf, shape, dim }, [indices, updates], { axis, length }) => {
    const target = [...shape];
    target[axis] = dim(length);
    const positions = flatPositions(tf, indices!.view(), axis, target);
    const sums = tf.scatterND(tf.reshape(positions, [-1, 1]), tf.reshape(updates!.view(), [updates!.size]), [
      sizeOf(target),
    ]);
    return tf.reshape(sums, target);
  },
  topKIndices: unaryKernel((x, { tf, shape }, { k }) =>
    tf.reshape(tf.topk(x.view(), k, true).indices, [...shape]),
  ),
} satisfies Partial<Kernels>;
