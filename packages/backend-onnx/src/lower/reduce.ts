import { ELEMENT_TYPE } from '../proto/onnx.js';
import { attribute, type Lowering, type Lowerings } from './context.js';

const reduce =
  (op: string): Lowering =>
  ({ builder, value }, node) => {
    const x = value(node.inputs[0]!);
    const axes = attribute<readonly number[]>(node, 'axes');
    if (axes.length === 0) return x;
    return builder.node(op, [x, builder.ints(axes)], {
      attributes: { keepdims: attribute<boolean>(node, 'keepDims') ? 1 : 0 },
    });
  };

const alongAxis =
  (op: string): Lowering =>
  ({ builder, value }, node) =>
    builder.node(op, [value(node.inputs[0]!)], { attributes: { axis: attribute<number>(node, 'axis') } });

/** Reductions, softmax and normalisations. */
export const reductions: Lowerings = {
  sum: reduce('ReduceSum'),
  max: reduce('ReduceMax'),
  softmax: alongAxis('Softmax'),
  logSoftmax: alongAxis('LogSoftmax'),
  argMax({ builder, value }, node) {
    const attributes = { axis: attribute<number>(node, 'axis'), keepdims: 0 };
    const found = builder.node('ArgMax', [value(node.inputs[0]!)], { attributes });
    return builder.node('Cast', [found], { attributes: { to: ELEMENT_TYPE.int32 } });
  },
  topKIndices({ builder, value }, node) {
    const [, found] = builder.multi(
      'TopK',
      [value(node.inputs[0]!), builder.ints([attribute<number>(node, 'k')])],
      { outputs: 2 },
    );
    return builder.node('Cast', [found!], { attributes: { to: ELEMENT_TYPE.int32 } });
  },
  layerNorm({ builder, value }, node) {
    const attributes = { axis: -1, epsilon: { float: attribute<number>(node, 'epsilon') } };
    return builder.node('LayerNormalization', node.inputs.map(value), { attributes });
  },
  batchNorm({ builder, value }, node) {
    const attributes = { epsilon: { float: attribute<number>(node, 'epsilon') } };
    return builder.node('BatchNormalization', node.inputs.map(value), { attributes });
  },
};
