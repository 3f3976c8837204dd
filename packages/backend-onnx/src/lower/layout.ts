import { dimsEqual, type Dim, type HostTensor, type Shape, type Tensor } from '@crrg/tensor';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import { bytesOf, type ModelBuilder } from '../model-builder.js';
import { attribute, type Lowerings } from './context.js';

/** Expands `value`; dimensions that it already has need no run-time size. */
export function expand(builder: ModelBuilder, value: string, from: Shape, to: Shape): string {
  const lead = to.length - from.length;
  const target = to.map((dim, axis) => (axis >= lead && dimsEqual(dim, from[axis - lead]!) ? 1 : dim));
  return builder.node('Expand', [value, builder.dims(target)]);
}

function firstIntegers(length: number): Uint8Array {
  return bytesOf(Int32Array.from({ length }, (_, index) => index));
}

/** Literals and operations that move elements. `broadcastTo` is emitted where its result is first needed in full. */
export const layout: Lowerings = {
  constant: ({ builder }, node) => builder.constant(attribute<HostTensor>(node, 'value')),
  iota({ builder }, node) {
    const length = attribute<Dim>(node, 'length');
    if (typeof length === 'number') return builder.literal('int32', [length], firstIntegers(length));
    const limit = builder.node('Cast', [builder.node('Squeeze', [builder.dims([length])])], {
      attributes: { to: ELEMENT_TYPE.int32 },
    });
    return builder.node('Range', [builder.scalar('int32', 0), limit, builder.scalar('int32', 1)]);
  },
  reshape({ builder, value }, node) {
    const [x] = node.inputs as readonly [Tensor];
    return builder.reshape(value(x), x.shape, attribute<Shape>(node, 'shape'));
  },
  transpose: ({ builder, value }, node) =>
    builder.node('Transpose', [value(node.inputs[0]!)], {
      attributes: { perm: attribute<readonly number[]>(node, 'permutation') },
    }),
  concat: ({ builder, value }, node) =>
    builder.node('Concat', node.inputs.map(value), { attributes: { axis: attribute<number>(node, 'axis') } }),
  slice({ builder, value }, node) {
    const positions = (name: string) => builder.dims(attribute<readonly Dim[]>(node, name));
    const [axes, steps] = ['axes', 'steps'].map((name) =>
      builder.ints(attribute<readonly number[]>(node, name)),
    );
    return builder.node('Slice', [
      value(node.inputs[0]!),
      positions('starts'),
      positions('ends'),
      axes!,
      steps!,
    ]);
  },
  pad({ builder, value }, node) {
    const [x] = node.inputs as readonly [Tensor];
    const padding = attribute<readonly (readonly [number, number])[]>(node, 'padding');
    const amounts = builder.ints([
      ...padding.map(([before]) => before),
      ...padding.map(([, after]) => after),
    ]);
    return builder.node('Pad', [
      value(x),
      amounts,
      builder.scalar(x.dtype, attribute<number>(node, 'value')),
    ]);
  },
  gather: ({ builder, value }, node) =>
    builder.node('Gather', node.inputs.map(value), { attributes: { axis: attribute<number>(node, 'axis') } }),
  gatherElements: ({ builder, value }, node) =>
    builder.node('GatherElements', node.inputs.map(value), {
      attributes: { axis: attribute<number>(node, 'axis') },
    }),
  scatterAddElements({ builder, value }, node) {
    const [indices, updates] = node.inputs as readonly [Tensor, Tensor];
    const zeros = builder.filled(updates.dtype, node.output.shape, 0);
    const attributes = { axis: attribute<number>(node, 'axis'), reduction: 'add' };
    return builder.node('ScatterElements', [zeros, value(indices), value(updates)], { attributes });
  },
};
