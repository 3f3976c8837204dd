import { ShapeError } from '@crrg/core';
import { dimsEqual, formatShape, type Dim, type Shape } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf, type DType } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { ReferenceData } from './definition.js';

/** Numpy's broadcast of two shapes. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const da = a[axis - rank + a.length] ?? 1;
    const db = b[axis - rank + b.length] ?? 1;
    if (dimsEqual(da, db) || db === 1) return da;
    if (da === 1) return db;
    throw new ShapeError(
      `tensor.${where}: expected shapes that broadcast, got ${formatShape(a)} and ${formatShape(b)}; reshape one.`,
    );
  });
}

/** Undoes a broadcast in a gradient: sums `x` down to `shape`. */
export function sumTo(ops: Ops, x: Tensor, shape: Shape): Tensor {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? x : ops.reshape(ops.sum(x, { axes, keepDims: true }), shape);
}

/** An axis counted from the start. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= Math.max(rank, 1)) {
    throw new ShapeError(`tensor.${where}: axis ${axis} is outside rank ${rank}; use -${rank}..${rank - 1}.`);
  }
  return result;
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Strides that read `shape` as if broadcast to `target`. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!));
}

/** Calls `visit(position, offsets)` for every index of `shape` in row-major order; offsets follow the given stride lists. */
export function forEachIndex(
  shape: readonly number[],
  strideLists: readonly (readonly number[])[],
  visit: (position: number, offsets: readonly number[]) => void,
): void {
  const rank = shape.length;
  const total = sizeOf(shape);
  const index = new Array<number>(rank).fill(0);
  const offsets = strideLists.map(() => 0);
  for (let position = 0; position < total; position++) {
    visit(position, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      strideLists.forEach((strides, list) => (offsets[list]! += strides[axis]!));
      if (index[axis]! < shape[axis]!) break;
      strideLists.forEach((strides, list) => (offsets[list]! -= strides[axis]! * shape[axis]!));
      index[axis] = 0;
    }
  }
}

/** Storage of the reference interpreter. */
export function allocateReference(dtype: DType, length: number): ReferenceData {
  return dtype === 'float32'
    ? new Float64Array(length)
    : dtype === 'int32'
      ? new Int32Array(length)
      : new Uint8Array(length);
}

/** @throws ShapeError unless the tensor has the type */
export function requireType(x: Tensor, dtype: DType, where: string): void {
  if (x.dtype !== dtype) throw new ShapeError(`tensor.${where}: expected ${dtype}, got ${x.dtype}; cast it.`);
}

/** @throws ShapeError unless the tensor has the rank */
export function requireRank(x: Tensor, rank: number, where: string): void {
  if (x.shape.length !== rank)
    throw new ShapeError(`tensor.${where}: expected rank ${rank}, got ${formatShape(x.shape)}; reshape it.`);
}
