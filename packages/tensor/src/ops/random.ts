import { ShapeError, createRandom } from '@crrg/core';
import { formatShape } from '../dim.js';
import { sizeOf } from '../host-tensor.js';
import type { Primitives } from './definition.js';

/** Numbers in [0, 1) have 24 bits: every one is a float32. */
const STEPS = 2 ** 24;

/** The values of `ops.uniform`: the first `count` numbers of `createRandom(seed)`, cut to 24 bits. */
export function uniformNumbers(seed: number, count: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => Math.floor(random.next() * STEPS) / STEPS);
}

/** Values that depend only on a seed and their position. */
export const randomOperations = {
  uniform: {
    infer([seed], { shape }) {
      if (seed!.dtype === 'int32' && seed!.shape.length === 0) return { shape, dtype: 'float32' };
      throw new ShapeError(
        `tensor.uniform: expected an int32 scalar as seed, got ${seed!.dtype} ${formatShape(seed!.shape)}; give one number a run.`,
      );
    },
    evaluate: ([seed], _attributes, { shape }) =>
      Float64Array.from(uniformNumbers(seed!.data[0]!, sizeOf(shape))),
    gradient: () => [undefined],
  },
} satisfies Partial<Primitives>;
