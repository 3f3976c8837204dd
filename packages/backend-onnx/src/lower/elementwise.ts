import type { Node } from '@crrg/tensor';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import type { LoweringContext, Lowerings } from './context.js';

const unary =
  (op: string) =>
  ({ builder, value }: LoweringContext, { inputs }: Pick<Node, 'inputs'>) =>
    builder.node(op, [value(inputs[0]!)]);

const broadcast =
  (op: string) =>
  ({ builder, operands }: LoweringContext, { inputs }: Pick<Node, 'inputs'>) =>
    builder.node(op, operands(inputs));

/** Operations on single elements. */
export const elementwise = {
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
  geluTanh: ({ builder, target, value }, { inputs }) =>
    target.standardOnly
      ? builder.node('Gelu', [value(inputs[0]!)], { attributes: { approximate: 'tanh' } })
      : builder.node('FastGelu', [value(inputs[0]!)], { domain: 'com.microsoft' }),
  cast: ({ builder, value }, { inputs, attributes }) =>
    builder.node('Cast', [value(inputs[0]!)], { attributes: { to: ELEMENT_TYPE[attributes.dtype] } }),
  stopGradient: ({ value }, { inputs }) => value(inputs[0]!),
} satisfies Partial<Lowerings>;
