import { ShapeError } from '@crrg/core';
import type { ConvolutionAttributes, TransposedConvolutionAttributes } from '../attributes.js';
import { dimsEqual, formatShape, staticDim } from '../dim.js';
import { staticShape, type Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { PrimitiveDefinition, ReferenceArray } from './definition.js';
import { kernelGradient } from './kernel-gradient.js';
import { requireRank, requireType } from './shapes.js';

/** Size of a convolution's or pool's result along one axis. */
export function windowedSize(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation = 1,
): number {
  return Math.floor((size + padding - (kernel - 1) * dilation - 1) / stride) + 1;
}

function outputSize(
  x: Tensor,
  kernel: readonly number[],
  { strides, padding, dilations }: ConvolutionAttributes,
  where: string,
): [number, number] {
  return [0, 1].map((axis) => {
    const input = staticDim(x.shape[2 + axis]!, `tensor.${where} (spatial size)`);
    const size = windowedSize(
      input,
      kernel[axis]!,
      strides[axis]!,
      padding[axis]! + padding[axis + 2]!,
      dilations[axis]!,
    );
    if (size < 1)
      throw new ShapeError(
        `tensor.${where}: kernel ${kernel.join('x')} does not fit ${formatShape(x.shape)}; pad or use a larger image.`,
      );
    return size;
  }) as [number, number];
}

/** Calls `visit(outputIndex, inputIndex, kernelIndex)` for each product of a convolution's plane. */
function forEachTap(
  input: readonly [number, number],
  output: readonly [number, number],
  kernel: readonly [number, number],
  { strides, padding, dilations }: ConvolutionAttributes,
  visit: (output: number, input: number, tap: number) => void,
): void {
  for (let oy = 0; oy < output[0]; oy++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      const y = oy * strides[0] - padding[0] + ky * dilations[0];
      if (y < 0 || y >= input[0]) continue;
      for (let ox = 0; ox < output[1]; ox++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const x = ox * strides[1] - padding[1] + kx * dilations[1];
          if (x >= 0 && x < input[1]) visit(oy * output[1] + ox, y * input[1] + x, ky * kernel[1] + kx);
        }
      }
    }
  }
}

function planes(shape: readonly number[]): [number, number] {
  return [shape[2]!, shape[3]!];
}

function convolve(
  x: ReferenceArray,
  w: ReferenceArray,
  attributes: ConvolutionAttributes,
  shape: readonly number[],
): Float64Array {
  const [b, o] = shape as [number, number];
  const c = w.shape[1]!;
  const [inPlane, outPlane, taps] = [x, { shape }, w].map((t) => t.shape[2]! * t.shape[3]!) as [
    number,
    number,
    number,
  ];
  const out = new Float64Array(sizeOf(shape));
  forEachTap(planes(x.shape), planes(shape), planes(w.shape), attributes, (to, from, tap) => {
    for (let n = 0; n < b; n++)
      for (let oc = 0; oc < o; oc++)
        for (let ic = 0; ic < c; ic++)
          out[(n * o + oc) * outPlane + to]! +=
            x.data[(n * c + ic) * inPlane + from]! * w.data[(oc * c + ic) * taps + tap]!;
  });
  return out;
}

export const conv2d: PrimitiveDefinition<ConvolutionAttributes> = {
  infer([x, w], attributes) {
    for (const t of [x!, w!]) {
      requireType(t, 'float32', 'conv2d');
      requireRank(t, 4, 'conv2d');
    }
    if (!dimsEqual(x!.shape[1]!, w!.shape[1]!)) {
      throw new ShapeError(
        `tensor.conv2d: expected ${formatShape([w!.shape[1]!])} input channels for kernel ${formatShape(w!.shape)}, got ${formatShape(x!.shape)}; check the layout.`,
      );
    }
    const kernel = staticShape(w!.shape.slice(2), 'tensor.conv2d (kernel)');
    return {
      shape: [x!.shape[0]!, w!.shape[0]!, ...outputSize(x!, kernel, attributes, 'conv2d')],
      dtype: 'float32',
    };
  },
  evaluate: ([x, w], attributes, { shape }) => convolve(x!, w!, attributes, shape),
  gradient(ops, { inputs }, g, attributes) {
    const [x, w] = inputs as readonly [Tensor, Tensor];
    const size = staticShape(x.shape.slice(2), 'tensor.conv2d') as [number, number];
    return [ops.conv2dTranspose(g, w, size, attributes), kernelGradient(ops, x, g, w, attributes)];
  },
};

export const conv2dTranspose: PrimitiveDefinition<TransposedConvolutionAttributes> = {
  infer([y, w], { size }) {
    for (const t of [y!, w!]) {
      requireType(t, 'float32', 'conv2dTranspose');
      requireRank(t, 4, 'conv2dTranspose');
    }
    return { shape: [y!.shape[0]!, w!.shape[1]!, ...size], dtype: 'float32' };
  },
  evaluate([y, w], attributes, { shape }) {
    const [b, c] = shape as [number, number];
    const o = w!.shape[0]!;
    const [inPlane, outPlane, taps] = [{ shape }, y!, w!].map((t) => t.shape[2]! * t.shape[3]!) as [
      number,
      number,
      number,
    ];
    const out = new Float64Array(sizeOf(shape));
    forEachTap(planes(shape), planes(y!.shape), planes(w!.shape), attributes, (from, to, tap) => {
      for (let n = 0; n < b; n++)
        for (let oc = 0; oc < o; oc++)
          for (let ic = 0; ic < c; ic++)
            out[(n * c + ic) * inPlane + to]! +=
              y!.data[(n * o + oc) * outPlane + from]! * w!.data[(oc * c + ic) * taps + tap]!;
    });
    return out;
  },
  gradient(ops, { inputs }, g, attributes) {
    const [y, w] = inputs as readonly [Tensor, Tensor];
    return [ops.conv2d(g, w, attributes), kernelGradient(ops, g, y, w, attributes)];
  },
};
