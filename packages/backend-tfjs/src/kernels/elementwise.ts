import { rowMajor, sameLayout, toPhysical, type Layout } from '../layout.js';
import type { Tf, TfTensor } from '../tf.js';
import type { Value } from '../value.js';
import { unaryKernel, type KernelFor, type Kernels } from './definition.js';
import { expandTo } from './expand.js';

/** The layout that makes the fewest operands move. Operands of lower rank are small and do not vote. */
export function commonLayout(inputs: readonly Value[], rank: number): Layout {
  const full = inputs.filter((input) => input.shape.length === rank);
  let best: Layout = rowMajor(rank);
  let bestCost = Infinity;
  for (const { layout } of full) {
    const cost = full.reduce((sum, input) => sum + (input.has(layout) ? 0 : input.size), 0);
    if (cost < bestCost) [best, bestCost] = [layout, cost];
  }
  return best;
}

/** An operand of a broadcasting operation, in the layout of the result. */
export function operand(tf: Tf, x: Value, layout: Layout): TfTensor {
  const rank = layout.length;
  if (x.shape.length === rank) return x.view(layout);
  const base = x.view();
  if (x.size === 1 || sameLayout(layout, rowMajor(rank))) return base;
  const aligned = tf.reshape(base, [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]);
  return tf.transpose(aligned, [...layout]);
}

const unary = (compute: (tf: Tf, x: TfTensor) => TfTensor): KernelFor<unknown> =>
  unaryKernel((x, { tf }) => ({ tensor: compute(tf, x.view(x.layout)), layout: x.layout }));

const broadcasting =
  (compute: (tf: Tf, ...xs: TfTensor[]) => TfTensor): KernelFor<unknown> =>
  ({ tf, shape }, inputs) => {
    const layout = commonLayout(inputs, shape.length);
    return { tensor: compute(tf, ...inputs.map((input) => operand(tf, input, layout))), layout };
  };

/** On WebGL equal operands give 1 whatever they are: 0 / 0 and Infinity / Infinity, the numbers that are their own double, are made undefined. */
function divide(tf: Tf, a?: TfTensor, b?: TfTensor): TfTensor {
  const quotient = tf.div(a!, b!);
  if (tf.getBackend() !== 'webgl') return quotient;
  const isUndefined = tf.logicalAnd(tf.equal(a!, b!), tf.equal(a!, tf.add(a!, a!)));
  return tf.where(isUndefined, tf.fill(quotient.shape, NaN), quotient);
}

export const elementwiseKernels = {
  neg: unary((tf, x) => tf.neg(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  erf: unary((tf, x) => tf.erf(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  relu: unary((tf, x) => tf.relu(x)),
  abs: unary((tf, x) => tf.abs(x)),
  sign: unary((tf, x) => tf.sign(x)),
  not: unary((tf, x) => tf.logicalNot(x)),
  add: broadcasting((tf, a, b) => tf.add(a!, b!)),
  sub: broadcasting((tf, a, b) => tf.sub(a!, b!)),
  mul: broadcasting((tf, a, b) => tf.mul(a!, b!)),
  div: broadcasting(divide),
  maximum: broadcasting((tf, a, b) => tf.maximum(a!, b!)),
  minimum: broadcasting((tf, a, b) => tf.minimum(a!, b!)),
  equal: broadcasting((tf, a, b) => tf.equal(a!, b!)),
  less: broadcasting((tf, a, b) => tf.less(a!, b!)),
  and: broadcasting((tf, a, b) => tf.logicalAnd(a!, b!)),
  or: broadcasting((tf, a, b) => tf.logicalOr(a!, b!)),
  where: ({ tf, shape }, inputs) => {
    const layout = commonLayout(inputs, shape.length);
    const physical = toPhysical(layout, shape);
    const [condition, a, b] = inputs.map((input) =>
      input.literal === undefined
        ? expandTo(tf, operand(tf, input, layout), physical)
        : tf.fill(physical, input.literal, input.dtype as 'float32' | 'int32'),
    ) as [TfTensor, TfTensor, TfTensor];
    return { tensor: tf.where(condition, a, b), layout };
  },
  cast: unaryKernel((x, { tf, dtype }) => {
    const source = x.view(x.layout);
    // The WASM cast keeps the byte of an integer instead of 1.
    const tensor =
      dtype === 'bool' && x.dtype !== 'bool'
        ? tf.notEqual(source, tf.scalar(0, x.dtype))
        : tf.cast(source, dtype);
    return { tensor, layout: x.layout };
  }),
  stopGradient: unaryKernel((x, { live }) => x.share(live)),
} satisfies Partial<Kernels>;
