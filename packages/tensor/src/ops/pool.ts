import { ShapeError } from '@crrg/core';
import type { PoolAttributes } from '../attributes.js';
import { formatShape, staticDim } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import { windowedSize } from './convolution.js';
import type { PrimitiveDefinition, ReferenceArray } from './definition.js';
import { requireRank, requireType } from './shapes.js';

function pooledSize(x: Tensor, { kernel, strides, padding }: PoolAttributes): [number, number] {
  return [0, 1].map((axis) => {
    const input = staticDim(x.shape[2 + axis]!, 'tensor.maxPool2d (spatial size)');
    const size = windowedSize(input, kernel[axis]!, strides[axis]!, padding[axis]! + padding[axis + 2]!);
    if (size < 1)
      throw new ShapeError(
        `tensor.maxPool2d: window ${kernel.join('x')} does not fit ${formatShape(x.shape)}; use a larger image.`,
      );
    return size;
  }) as [number, number];
}

/** Calls `visit(output, input)` with flat positions: the first largest element of each window. */
function forEachMaximum(
  x: ReferenceArray,
  output: readonly number[],
  { kernel, strides, padding }: PoolAttributes,
  visit: (to: number, from: number) => void,
): void {
  const [height, width] = x.shape.slice(2) as [number, number];
  const [oh, ow] = output as [number, number];
  const planes = x.shape[0]! * x.shape[1]!;
  for (let plane = 0; plane < planes; plane++) {
    for (let position = 0; position < oh * ow; position++) {
      const top = Math.floor(position / ow) * strides[0] - padding[0];
      const left = (position % ow) * strides[1] - padding[1];
      let best = -1;
      for (let y = Math.max(top, 0); y < Math.min(top + kernel[0], height); y++) {
        for (let column = Math.max(left, 0); column < Math.min(left + kernel[1], width); column++) {
          const candidate = (plane * height + y) * width + column;
          if (best < 0 || x.data[candidate]! > x.data[best]!) best = candidate;
        }
      }
      visit(plane * oh * ow + position, best);
    }
  }
}

export const maxPool2d: PrimitiveDefinition<PoolAttributes> = {
  infer([x], attributes) {
    requireType(x!, 'float32', 'maxPool2d');
    requireRank(x!, 4, 'maxPool2d');
    return { shape: [x!.shape[0]!, x!.shape[1]!, ...pooledSize(x!, attributes)], dtype: 'float32' };
  },
  evaluate([x], attributes, { shape }) {
    const out = new Float64Array(sizeOf(shape));
    forEachMaximum(x!, shape.slice(2), attributes, (to, from) => (out[to] = x!.data[from]!));
    return out;
  },
  gradient: (ops, { inputs: [x] }, g, attributes) => [ops.maxPool2dGradient(x!, g, attributes)],
};

export const maxPool2dGradient: PrimitiveDefinition<PoolAttributes> = {
  infer: ([x]) => ({ shape: x!.shape, dtype: 'float32' }),
  evaluate([x, g], attributes) {
    const out = new Float64Array(x!.data.length);
    forEachMaximum(x!, g!.shape.slice(2), attributes, (to, from) => (out[from]! += g!.data[to]!));
    return out;
  },
};
