import { ShapeError } from '@crrg/core';
import { dimsEqual, evaluateDim, formatShape, mulDims, type Dim } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { Primitives, ReferenceArray } from './definition.js';
import { allocateReference, forEachIndex, requireType, stridesOf } from './shapes.js';

function checkedIndex(value: number, length: number, where: string): number {
  if (value < 0 || value >= length)
    throw new ShapeError(`tensor.${where}: index ${value} is outside 0..${length - 1}; check the indices.`);
  return value;
}

/** Rows of a table receive the gradients of their uses: scatter-add along the leading axis. */
function gatherGradient(ops: Ops, x: Tensor, indices: Tensor, g: Tensor, axis: number): Tensor {
  const rank = indices.shape.length;
  const outer = x.shape.slice(0, axis);
  const inner = x.shape.slice(axis + 1);
  const others: Dim = mulDims(...outer, ...inner);
  const uses = mulDims(...indices.shape);
  const leading = indices.shape.map((_, index) => axis + index);
  const rest = [...outer.keys(), ...inner.map((_, index) => axis + rank + index)];
  const updates = ops.reshape(ops.transpose(g, [...leading, ...rest]), [uses, others]);
  const spread = ops.broadcastTo(ops.reshape(indices, [uses, 1]), [uses, others]);
  const table = ops.reshape(ops.scatterAddElements(spread, updates, 0, x.shape[axis]!), [
    x.shape[axis]!,
    ...outer,
    ...inner,
  ]);
  const back = [...outer.map((_, index) => index + 1), 0, ...inner.map((_, index) => axis + 1 + index)];
  return ops.transpose(table, back);
}

/** Calls `visit(position, source)` where source replaces the position's coordinate along `axis` by the index found there. */
function forEachElement(
  indices: ReferenceArray,
  shape: readonly number[],
  axis: number,
  where: string,
  visit: (position: number, source: number) => void,
): void {
  const strides = stridesOf(shape);
  const along = strides[axis]!;
  const others = strides.map((stride, index) => (index === axis ? 0 : stride));
  forEachIndex(indices.shape, [others], (position, [offset]) =>
    visit(position, offset! + checkedIndex(indices.data[position]!, shape[axis]!, where) * along),
  );
}

function compareDescending(values: ReferenceArray['data'], start: number) {
  return (a: number, b: number) => values[start + b]! - values[start + a]! || a - b;
}

/** Reading and writing at positions given by int32 tensors. */
export const indexing = {
  gather: {
    infer([x, indices], { axis }) {
      requireType(indices!, 'int32', 'gather (indices)');
      return {
        shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)],
        dtype: x!.dtype,
      };
    },
    evaluate([x, indices], { axis }, { shape }) {
      const out = allocateReference(x!.dtype, sizeOf(shape));
      const inner = sizeOf(x!.shape.slice(axis + 1));
      const length = x!.shape[axis]!;
      const outer = sizeOf(x!.shape.slice(0, axis));
      let at = 0;
      for (let row = 0; row < outer; row++) {
        for (const index of indices!.data) {
          const from = (row * length + checkedIndex(index, length, 'gather')) * inner;
          out.set(x!.data.subarray(from, from + inner), at);
          at += inner;
        }
      }
      return out;
    },
    gradient: (ops, { inputs: [x, indices] }, g, { axis }) => [
      gatherGradient(ops, x!, indices!, g, axis),
      undefined,
    ],
  },
  gatherElements: {
    infer([x, indices], { axis }) {
      requireType(indices!, 'int32', 'gatherElements (indices)');
      const fits =
        x!.shape.length === indices!.shape.length &&
        x!.shape.every((dim, index) => index === axis || dimsEqual(dim, indices!.shape[index]!));
      if (!fits)
        throw new ShapeError(
          `tensor.gatherElements: indices ${formatShape(indices!.shape)} must equal ${formatShape(x!.shape)} but for axis ${axis}; reshape them.`,
        );
      return { shape: indices!.shape, dtype: x!.dtype };
    },
    evaluate([x, indices], { axis }) {
      const out = allocateReference(x!.dtype, indices!.data.length);
      forEachElement(
        indices!,
        x!.shape,
        axis,
        'gatherElements',
        (position, source) => (out[position] = x!.data[source]!),
      );
      return out;
    },
    gradient: (ops, { inputs: [x, indices] }, g, { axis }) => [
      ops.scatterAddElements(indices!, g, axis, x!.shape[axis]!),
      undefined,
    ],
  },
  scatterAddElements: {
    infer([indices, updates], { axis, length }) {
      requireType(indices!, 'int32', 'scatterAddElements (indices)');
      requireType(updates!, 'float32', 'scatterAddElements (updates)');
      return { shape: updates!.shape.map((dim, index) => (index === axis ? length : dim)), dtype: 'float32' };
    },
    evaluate([indices, updates], { axis, length }, { shape, bindings }) {
      evaluateDim(length, bindings);
      const out = new Float64Array(sizeOf(shape));
      forEachElement(
        indices!,
        shape,
        axis,
        'scatterAddElements',
        (position, target) => (out[target]! += updates!.data[position]!),
      );
      return out;
    },
    gradient: (ops, { inputs: [indices] }, g, { axis }) => [undefined, ops.gatherElements(g, indices!, axis)],
  },
  topKIndices: {
    infer([x], { k }) {
      const last = x!.shape.at(-1)!;
      if (typeof last === 'number' && k > last)
        throw new ShapeError(
          `tensor.topKIndices: k ${k} exceeds the last axis of ${formatShape(x!.shape)}; ask for fewer.`,
        );
      return { shape: [...x!.shape.slice(0, -1), k], dtype: 'int32' };
    },
    evaluate([x], { k }, { shape }) {
      const length = x!.shape.at(-1)!;
      const out = new Int32Array(sizeOf(shape));
      for (let line = 0; line * k < out.length; line++) {
        const order = Array.from({ length }, (_, index) => index).sort(
          compareDescending(x!.data, line * length),
        );
        out.set(order.slice(0, k), line * k);
      }
      return out;
    },
  },
} satisfies Partial<Primitives>;
