import type { DType } from '@crrg/tensor';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import { attribute, type Lowering, type Lowerings } from './context.js';

const unary =
  (op: string): Lowering =>
  ({ builder, value }, { inputs }) =>
    builder.node(op, [value(inputs[0]!)]);

const broadcast =
  (op: string): Lowering =>
  ({ builder, operands }, { inputs }) =>
    builder.node(op, operands(inputs));

/** Operations on single elements. */
export const elementwise: Lowerings = {
  neg: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  tanh: unary('Tanh'),
  erf: unary('Erf'),
  sigmoid: unary('Sigmoid'),
  relu: unary('Relu'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  not: unary('Not'),
  add: broadcast('Add'),
  sub: broadcast('Sub'),
  mul: broadcast('Mul'),
  div: broadcast('Div'),
  maximum: broadcast('Max'),
  minimum: broadcast('Min'),
  equal: broadcast('Equal'),
  less: broadcast('Less'),
  and: broadcast('And'),
  or: broadcast('Or'),
  where: broadcast('Where'),
  gelu: unary('Gelu'),
  geluTanh: ({ builder, value }, { inputs }) =>
    builder.node('FastGelu', [value(inputs[0]!)], { domain: 'com.microsoft' }),
  cast: ({ builder, value }, node) =>
    builder.node('Cast', [value(node.inputs[0]!)], {
      attributes: { to: ELEMENT_TYPE[attribute<DType>(node, 'dtype')] },
    }),
  stopGradient: ({ value }, { inputs }) => value(inputs[0]!),
};
