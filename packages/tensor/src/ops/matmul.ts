import { ShapeError } from '@crrg/core';
import type { MatmulAttributes } from '../attributes.js';
import { addDims, dimsEqual, formatShape, mulDims, type Dim, type Shape } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { PrimitiveDefinition } from './definition.js';
import { broadcastShapes, broadcastStrides, forEachIndex, requireType, sumTo } from './shapes.js';

/** One side of a product that is a gradient: batch axes, then the axis that is summed over and the one that stays. */
interface Factor {
  readonly tensor: Tensor;
  readonly summed: 'rows' | 'columns';
}

/** Batch axes of a product along which `shape` has one matrix for all, or none of its own. */
function sharedAxes(shape: Shape, batch: Shape): number[] {
  const lead = batch.length + 2 - shape.length;
  return [...batch.keys()].filter((axis) => axis < lead || (shape[axis - lead] === 1 && batch[axis] !== 1));
}

/** A factor with its axes `shared` put to the axis that is summed over, and how many of its numbers have to move for that. */
function fold(ops: Ops, { tensor, summed }: Factor, shared: readonly number[], rank: number) {
  const shape: Dim[] = [...Array<Dim>(rank - tensor.shape.length).fill(1), ...tensor.shape];
  const [rows, columns] = [rank - 2, rank - 1];
  const rest = [...shape.keys()].slice(0, -2).filter((axis) => !shared.includes(axis));
  const [before, after] = summed === 'rows' ? [[], [rows, columns]] : [[rows], [columns]];
  const order = [...rest, ...before, ...shared, ...after];
  const sizes = (axes: readonly number[]) => axes.map((axis) => shape[axis]!);
  const inner = mulDims(...sizes(shared), shape[summed === 'rows' ? rows : columns]!);
  const matrix = summed === 'rows' ? [inner, shape[columns]!] : [shape[rows]!, inner];
  const wide = order.filter((axis) => shape[axis] !== 1);
  return {
    moved: wide.every((axis, index) => axis >= (wide[index - 1] ?? 0)) ? 0 : mulDims(...shape),
    make: (): Factor => {
      const turned = ops.transpose(ops.reshape(tensor, shape), order);
      return { tensor: ops.reshape(turned, [...sizes(rest), ...matrix]), summed };
    },
  };
}

function multiply(ops: Ops, left: Factor, right: Factor): Tensor {
  return ops.matmul(left.tensor, right.tensor, {
    transposeA: left.summed === 'rows',
    transposeB: right.summed === 'columns',
  });
}

/** Products of fewer numbers stay in a processor's cache until they are summed: 16 MiB. */
const LARGE = 2 ** 22;

/**
 * Gradient of an operand of shape `shape`. One that many matrices share gets one product that sums over them too where no number has to move
 * for it, or fewer than a product for each of them would leave to be summed, and those are many.
 */
function operandGradient(ops: Ops, left: Factor, right: Factor, shape: Shape, batch: Shape): Tensor {
  const shared = sharedAxes(shape, batch);
  const rank = batch.length + 2;
  const folded = [left, right].map((factor) => fold(ops, factor, shared, rank));
  const moved = addDims(...folded.map((each) => each.moved));
  const products = mulDims(...batch, ...shape.slice(-2));
  const isBetter =
    moved === 0 ||
    (typeof moved === 'number' && typeof products === 'number' && products >= LARGE && moved < products);
  if (shared.length === 0 || !isBetter) return sumTo(ops, multiply(ops, left, right), shape);
  const [first, second] = folded.map((each) => each.make()) as [Factor, Factor];
  return ops.reshape(multiply(ops, first, second), shape);
}

export const matmul: PrimitiveDefinition<MatmulAttributes> = {
  infer([a, b], { transposeA, transposeB }) {
    const refuse = () =>
      new ShapeError(
        `tensor.matmul: expected [.., M, K] x [.., K, N], got ${formatShape(a!.shape)}${transposeA ? ' transposed' : ''} and ${formatShape(b!.shape)}${transposeB ? ' transposed' : ''}; check the inner size.`,
      );
    requireType(a!, 'float32', 'matmul');
    requireType(b!, 'float32', 'matmul');
    if (a!.shape.length < 2 || b!.shape.length < 2) throw refuse();
    const tail = (x: Tensor, transposed: boolean): [Dim, Dim] => {
      const [rows, columns] = x.shape.slice(-2) as [Dim, Dim];
      return transposed ? [columns, rows] : [rows, columns];
    };
    const [m, k] = tail(a!, transposeA);
    const [k2, n] = tail(b!, transposeB);
    if (!dimsEqual(k, k2)) throw refuse();
    return {
      shape: [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'matmul'), m, n],
      dtype: 'float32',
    };
  },
  evaluate([a, b], { transposeA, transposeB }, { shape }) {
    const [m, n] = shape.slice(-2) as [number, number];
    const k = a!.shape.at(transposeA ? -2 : -1)!;
    const batch = shape.slice(0, -2);
    const out = new Float64Array(sizeOf(shape));
    const matrixStrides = (x: { shape: readonly number[] }) =>
      broadcastStrides(x.shape.slice(0, -2), batch).map(
        (stride) => stride * x.shape.at(-1)! * x.shape.at(-2)!,
      );
    const [aRow, aInner] = transposeA ? [1, m] : [k, 1];
    const [bInner, bColumn] = transposeB ? [1, k] : [n, 1];
    forEachIndex(batch, [matrixStrides(a!), matrixStrides(b!)], (position, [ia, ib]) => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++)
            sum += a!.data[ia! + i * aRow + p * aInner]! * b!.data[ib! + p * bInner + j * bColumn]!;
          out[(position * m + i) * n + j] = sum;
        }
      }
    });
    return out;
  },
  gradient(ops, { inputs, output }, g, { transposeA, transposeB }) {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    const batch = output.shape.slice(0, -2);
    const summed = (isRows: boolean) => (isRows ? 'rows' : 'columns');
    const gradientOf = (x: Tensor, isTransposed: boolean, g: Factor, other: Factor) => {
      const [left, right] = isTransposed ? [other, g] : [g, other];
      return operandGradient(ops, left, right, x.shape, batch);
    };
    return [
      gradientOf(a, transposeA, { tensor: g, summed: 'columns' }, { tensor: b, summed: summed(transposeB) }),
      gradientOf(b, !transposeB, { tensor: g, summed: 'rows' }, { tensor: a, summed: summed(!transposeA) }),
    ];
  },
};
