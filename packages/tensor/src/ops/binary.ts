import { ShapeError } from '@crrg/core';
import type { NoAttributes } from '../attributes.js';
import type { Tensor } from '../graph.js';
import { sizeOf, type DType } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { Operands, PrimitiveDefinition, Primitives, ReferenceArray } from './definition.js';
import {
  allocateReference,
  broadcastShapes,
  broadcastStrides,
  forEachIndex,
  requireType,
  sumTo,
} from './shapes.js';

type BinaryGradient = (
  ops: Ops,
  gradient: Tensor,
  a: Tensor,
  b: Tensor,
  node: Operands,
) => readonly [Tensor, Tensor | undefined];

interface BinaryRule {
  readonly name: string;
  readonly operands: readonly DType[];
  readonly result: DType | 'same';
  readonly compute: (a: number, b: number) => number;
  readonly gradient?: BinaryGradient;
}

function zip(
  a: ReferenceArray,
  b: ReferenceArray,
  shape: readonly number[],
  dtype: DType,
  compute: (a: number, b: number) => number,
) {
  const out = allocateReference(dtype, sizeOf(shape));
  forEachIndex(
    shape,
    [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)],
    (position, offsets) => {
      out[position] = compute(a.data[offsets[0]!]!, b.data[offsets[1]!]!);
    },
  );
  return out;
}

function binary({
  name,
  operands,
  result,
  compute,
  gradient,
}: BinaryRule): PrimitiveDefinition<NoAttributes> {
  return {
    infer([a, b]) {
      if (a!.dtype !== b!.dtype || !operands.includes(a!.dtype)) {
        throw new ShapeError(
          `tensor.${name}: expected two operands of one type (${operands.join(' or ')}), got ${a!.dtype} and ${b!.dtype}; cast one.`,
        );
      }
      return {
        shape: broadcastShapes(a!.shape, b!.shape, name),
        dtype: result === 'same' ? a!.dtype : result,
      };
    },
    evaluate: ([a, b], _attributes, { shape }) =>
      zip(a!, b!, shape, result === 'same' ? a!.dtype : result, compute),
    ...(gradient && {
      gradient(ops: Ops, node: Operands, g: Tensor) {
        const [a, b] = node.inputs as readonly [Tensor, Tensor];
        const [da, db] = gradient(ops, g, a, b, node);
        return [sumTo(ops, da, a.shape), db && sumTo(ops, db, b.shape)];
      },
    }),
  };
}

const numeric: readonly DType[] = ['float32', 'int32'];

/** Arithmetic, comparisons and logic with numpy broadcasting. Ties of `maximum` and `minimum` send the gradient to the first operand. */
export const binaryOperations = {
  add: binary({
    name: 'add',
    operands: numeric,
    result: 'same',
    compute: (a, b) => a + b,
    gradient: (_ops, g) => [g, g],
  }),
  sub: binary({
    name: 'sub',
    operands: numeric,
    result: 'same',
    compute: (a, b) => a - b,
    // Negated after the sum that undoes a broadcast: a pass over the smaller tensor.
    gradient: (ops, g, _a, b) => [g, ops.neg(sumTo(ops, g, b.shape))],
  }),
  mul: binary({
    name: 'mul',
    operands: numeric,
    result: 'same',
    compute: (a, b) => a * b,
    // Of a square at once: where the gradient is one number many times, twice that number costs nothing.
    gradient: (ops, g, a, b) =>
      a === b ? [ops.mul(ops.mul(g, 2), a), undefined] : [ops.mul(g, b), ops.mul(g, a)],
  }),
  div: binary({
    name: 'div',
    operands: ['float32'],
    result: 'same',
    compute: (a, b) => a / b,
    gradient: (ops, g, _a, b, node) => [ops.div(g, b), ops.neg(ops.div(ops.mul(g, node.output), b))],
  }),
  maximum: binary({
    name: 'maximum',
    operands: numeric,
    result: 'same',
    compute: Math.max,
    gradient: (ops, g, a, b) => [ops.where(ops.less(a, b), 0, g), ops.where(ops.less(a, b), g, 0)],
  }),
  minimum: binary({
    name: 'minimum',
    operands: numeric,
    result: 'same',
    compute: Math.min,
    gradient: (ops, g, a, b) => [ops.where(ops.less(b, a), 0, g), ops.where(ops.less(b, a), g, 0)],
  }),
  equal: binary({ name: 'equal', operands: numeric, result: 'bool', compute: (a, b) => (a === b ? 1 : 0) }),
  less: binary({ name: 'less', operands: numeric, result: 'bool', compute: (a, b) => (a < b ? 1 : 0) }),
  and: binary({ name: 'and', operands: ['bool'], result: 'bool', compute: (a, b) => a & b }),
  or: binary({ name: 'or', operands: ['bool'], result: 'bool', compute: (a, b) => a | b }),
} satisfies Partial<Primitives>;

/** Choice, negation, type change, and the gradient barrier. */
export const selection = {
  not: {
    infer([x]) {
      requireType(x!, 'bool', 'not');
      return { shape: x!.shape, dtype: 'bool' };
    },
    evaluate: ([x]) => Uint8Array.from(x!.data, (value) => 1 - value),
  },
  where: {
    infer([condition, a, b]) {
      requireType(condition!, 'bool', 'where');
      requireType(b!, a!.dtype, 'where');
      return {
        shape: broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape, 'where'), 'where'),
        dtype: a!.dtype,
      };
    },
    evaluate([condition, a, b], _attributes, { shape }) {
      const out = allocateReference(a!.dtype, sizeOf(shape));
      const strides = [condition!, a!, b!].map((x) => broadcastStrides(x.shape, shape));
      forEachIndex(shape, strides, (position, [c, ia, ib]) => {
        out[position] = condition!.data[c!] ? a!.data[ia!]! : b!.data[ib!]!;
      });
      return out;
    },
    gradient(ops, { inputs }, g) {
      const [condition, a, b] = inputs as readonly [Tensor, Tensor, Tensor];
      return [
        undefined,
        sumTo(ops, ops.where(condition, g, 0), a.shape),
        sumTo(ops, ops.where(condition, 0, g), b.shape),
      ];
    },
  },
  cast: {
    infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
    evaluate([x], { dtype }) {
      const out = allocateReference(dtype, x!.data.length);
      for (let i = 0; i < out.length; i++)
        out[i] =
          dtype === 'bool'
            ? x!.data[i] !== 0
              ? 1
              : 0
            : dtype === 'int32'
              ? Math.trunc(x!.data[i]!)
              : x!.data[i]!;
      return out;
    },
    gradient: (_ops, { inputs, output }, g) => [
      inputs[0]!.dtype === 'float32' && output.dtype === 'float32' ? g : undefined,
    ],
  },
  stopGradient: {
    infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
    evaluate: ([x]) => x!.data.slice(),
    gradient: () => [undefined],
  },
} satisfies Partial<Primitives>;
