import { ELEMENT_TYPE } from '../proto/onnx.js';
import type { Lowering, Lowerings } from './context.js';

const reduce =
  (op: string): Lowering<'sum' | 'max'> =>
  ({ builder, value }, { inputs, attributes: { axes, keepDims } }) => {
    const x = value(inputs[0]!);
    if (axes.length === 0) return x;
    return builder.node(op, [x, builder.ints(axes)], { attributes: { keepdims: keepDims ? 1 : 0 } });
  };

const alongAxis =
  (op: string): Lowering<'softmax' | 'logSoftmax'> =>
  ({ builder, value }, { inputs, attributes: { axis } }) =>
    builder.node(op, [value(inputs[0]!)], { attributes: { axis } });

/** Reductions, softmax and normalisations. */
export const reductions = {
  sum: reduce('ReduceSum'),
  max: reduce('ReduceMax'),
  softmax: alongAxis('Softmax'),
  logSoftmax: alongAxis('LogSoftmax'),
  argMax({ builder, value }, node) {
    const attributes = { axis: node.attributes.axis, keepdims: 0 };
    const found = builder.node('ArgMax', [value(node.inputs[0]!)], { attributes });
    return builder.node('Cast', [found], { attributes: { to: ELEMENT_TYPE.int32 } });
  },
  topKIndices({ builder, value }, node) {
    const [, found] = builder.multi('TopK', [value(node.inputs[0]!), builder.ints([node.attributes.k])], {
      outputs: 2,
    });
    return builder.node('Cast', [found!], { attributes: { to: ELEMENT_TYPE.int32 } });
  },
  layerNorm({ builder, value }, node) {
    const attributes = { axis: -1, epsilon: { float: node.attributes.epsilon } };
    return builder.node('LayerNormalization', node.inputs.map(value), { attributes });
  },
  batchNorm({ builder, value }, node) {
    const attributes = { epsilon: { float: node.attributes.epsilon } };
    return builder.node('BatchNormalization', node.inputs.map(value), { attributes });
  },
} satisfies Partial<Lowerings>;
