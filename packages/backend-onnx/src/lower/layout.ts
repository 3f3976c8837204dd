import { dimsEqual, type Dim, type Shape, type Tensor } from '@crrg/tensor';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import { bytesOf, type ModelBuilder } from '../model-builder.js';
import type { Lowerings } from './context.js';

/** Expands `value`; dimensions that it already has need no run-time size. */
export function expand(builder: ModelBuilder, value: string, from: Shape, to: Shape): string {
  const lead = to.length - from.length;
  const target = to.map((dim, axis) => (axis >= lead && dimsEqual(dim, from[axis - lead]!) ? 1 : dim));
  return builder.node('Expand', [value, builder.dims(target)]);
}

/** int32 0, 1, 2, … */
export function iota(builder: ModelBuilder, length: Dim): string {
  if (typeof length === 'number')
    return builder.literal('int32', [length], bytesOf(Int32Array.from({ length }, (_, index) => index)));
  const limit = builder.node('Cast', [builder.node('Squeeze', [builder.dims([length])])], {
    attributes: { to: ELEMENT_TYPE.int32 },
  });
  return builder.node('Range', [builder.scalar('int32', 0), limit, builder.scalar('int32', 1)]);
}

/** Literals and operations that move elements. `broadcastTo` is emitted where its result is first needed in full. */
export const layout = {
  constant: ({ builder }, node) => builder.constant(node.attributes.value),
  iota: ({ builder }, node) => iota(builder, node.attributes.length),
  reshape({ builder, value }, node) {
    const [x] = node.inputs as readonly [Tensor];
    return builder.reshape(value(x), x.shape, node.attributes.shape);
  },
  transpose: ({ builder, value }, node) =>
    builder.node('Transpose', [value(node.inputs[0]!)], {
      attributes: { perm: node.attributes.permutation },
    }),
  concat: ({ builder, value }, node) =>
    builder.node('Concat', node.inputs.map(value), { attributes: { axis: node.attributes.axis } }),
  slice({ builder, value }, node) {
    const { starts, ends } = node.attributes;
    const [axes, steps] = [node.attributes.axes, node.attributes.steps].map((list) => builder.ints(list));
    return builder.node('Slice', [
      value(node.inputs[0]!),
      builder.dims(starts),
      builder.dims(ends),
      axes!,
      steps!,
    ]);
  },
  pad({ builder, value }, node) {
    const [x] = node.inputs as readonly [Tensor];
    const { padding, value: fill } = node.attributes;
    const amounts = builder.ints([
      ...padding.map(([before]) => before),
      ...padding.map(([, after]) => after),
    ]);
    return builder.node('Pad', [value(x), amounts, builder.scalar(x.dtype, fill)]);
  },
  scatterAddElements({ builder, value }, node) {
    const [indices, updates] = node.inputs as readonly [Tensor, Tensor];
    const zeros = builder.filled(updates.dtype, node.output.shape, 0);
    const attributes = { axis: node.attributes.axis, reduction: 'add' };
    return builder.node('ScatterElements', [zeros, value(indices), value(updates)], { attributes });
  },
} satisfies Partial<Lowerings>;
