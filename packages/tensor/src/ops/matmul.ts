import { ShapeError } from '@crrg/core';
import type { MatmulAttributes } from '../attributes.js';
import { dimsEqual, formatShape, mulDims, type Dim } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { PrimitiveDefinition } from './definition.js';
import { broadcastShapes, broadcastStrides, forEachIndex, requireType, sumTo } from './shapes.js';

function flattenRows(ops: Ops, x: Tensor): Tensor {
  return ops.reshape(x, [mulDims(...x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/** Gradient of a shared matrix: one product over all rows instead of a batch of products and a sum. */
function sharedMatrixGradient(ops: Ops, a: Tensor, g: Tensor, transposeB: boolean): Tensor {
  const [rows, gradientRows] = [flattenRows(ops, a), flattenRows(ops, g)];
  return transposeB
    ? ops.matmul(gradientRows, rows, { transposeA: true })
    : ops.matmul(rows, gradientRows, { transposeA: true });
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
  gradient(ops, { inputs }, g, { transposeA, transposeB }) {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    const da = transposeA
      ? ops.matmul(b, g, { transposeA: transposeB, transposeB: true })
      : ops.matmul(g, b, { transposeB: !transposeB });
    if (b.shape.length === 2 && a.shape.length > 2 && !transposeA)
      return [da, sharedMatrixGradient(ops, a, g, transposeB)];
    const db = transposeB
      ? ops.matmul(g, a, { transposeA: true, transposeB: transposeA })
      : ops.matmul(a, g, { transposeA: !transposeA });
    return [sumTo(ops, da, a.shape), sumTo(ops, db, b.shape)];
  },
};
