import { sigmoid } from '@crrg/core';
import type { NoAttributes } from '../attributes.js';
import type { Tensor } from '../graph.js';
import type { Ops } from '../operations.js';
import type { PrimitiveDefinition, Primitives } from './definition.js';
import { requireType } from './shapes.js';

type UnaryGradient = (ops: Ops, gradient: Tensor, x: Tensor, y: Tensor) => Tensor | undefined;

function unary(
  name: string,
  compute: (x: number) => number,
  gradient: UnaryGradient,
): PrimitiveDefinition<NoAttributes> {
  return {
    infer([x]) {
      requireType(x!, 'float32', name);
      return { shape: x!.shape, dtype: 'float32' };
    },
    evaluate: ([x]) => Float64Array.from(x!.data, compute),
    gradient: (ops, node, g) => [gradient(ops, g, node.inputs[0]!, node.output)],
  };
}

/** Abramowitz-Stegun has 1e-7 at best; this series and continued fraction reach 1e-15. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 100 && Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

/** Elementwise operations on float32. */
export const elementwise = {
  neg: unary(
    'neg',
    (x) => -x,
    (ops, g) => ops.neg(g),
  ),
  exp: unary('exp', Math.exp, (ops, g, _x, y) => ops.mul(g, y)),
  log: unary('log', Math.log, (ops, g, x) => ops.div(g, x)),
  sqrt: unary('sqrt', Math.sqrt, (ops, g, _x, y) => ops.div(ops.mul(g, 0.5), y)),
  tanh: unary('tanh', Math.tanh, (ops, g, _x, y) => ops.mul(g, ops.sub(1, ops.mul(y, y)))),
  erf: unary('erf', erf, (ops, g, x) =>
    ops.mul(ops.mul(g, 2 / Math.sqrt(Math.PI)), ops.exp(ops.neg(ops.mul(x, x)))),
  ),
  sigmoid: unary('sigmoid', sigmoid, (ops, g, _x, y) => ops.mul(g, ops.mul(y, ops.sub(1, y)))),
  relu: unary(
    'relu',
    (x) => Math.max(x, 0),
    // A product with zeros and ones takes ONNX Runtime's CPU half the time of a choice.
    (ops, g, _x, y) => ops.mul(g, ops.cast(ops.less(0, y), 'float32')),
  ),
  abs: unary('abs', Math.abs, (ops, g, x) => ops.mul(g, ops.sign(x))),
  sign: unary(
    'sign',
    (x) => (Number.isNaN(x) ? NaN : Math.sign(x)),
    () => undefined,
  ),
} satisfies Partial<Primitives>;
