import { shapesEqual, sizeOf, type Node, type Tensor } from '@crrg/tensor';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import type { LoweringContext, Lowerings } from './context.js';

const unary =
  (op: string) =>
  ({ builder, value }: LoweringContext, { inputs }: Pick<Node, 'inputs'>) =>
    builder.node(op, [value(inputs[0]!)]);

const broadcast =
  (op: string) =>
  (context: LoweringContext, { inputs, output }: Pick<Node, 'inputs' | 'output'>) => {
    const { builder, operands } = context;
    const values = operands(inputs);
    if (!isSlowBesideScalar(inputs, output)) return builder.node(op, values);
    const flat = builder.ints([-1]);
    const whole = inputs.map((x, index) =>
      isScalar(x) ? values[index]! : builder.node('Reshape', [values[index]!, flat]),
    );
    return builder.reshape(
      builder.node(op, whole),
      [sizeOf(output.shape as readonly number[])],
      output.shape,
    );
  };

const isScalar = ({ shape }: Tensor) => shape.length === 0;

/** Fewer values than this take less time than laying them out anew. */
const MANY = 4096;

/** ONNX Runtime's CPU takes `[.., 1, 1]` beside a scalar value by value: ten times as slow as the same values in one axis. */
function isSlowBesideScalar(inputs: readonly Tensor[], { shape }: Tensor): boolean {
  return (
    shape.at(-1) === 1 &&
    shape.every((dim) => typeof dim === 'number') &&
    sizeOf(shape) >= MANY &&
    inputs.some(isScalar) &&
    inputs.every((x) => isScalar(x) || shapesEqual(x.shape, shape))
  );
}

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
