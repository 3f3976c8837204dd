import { ShapeError } from '@crrg/core';
import type { SliceAttributes } from '../attributes.js';
import {
  addDims,
  dimsEqual,
  evaluateDim,
  formatShape,
  mulDims,
  staticDim,
  subDims,
  type Dim,
} from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { Primitives } from './definition.js';
import {
  allocateReference,
  broadcastShapes,
  broadcastStrides,
  forEachIndex,
  stridesOf,
  sumTo,
} from './shapes.js';

/** Zeros before and after along one axis, also by symbolic amounts. */
function padAxis(ops: Ops, x: Tensor, axis: number, before: Dim, after: Dim): Tensor {
  if (typeof before === 'number' && typeof after === 'number') {
    return ops.pad(
      x,
      x.shape.map((_, index): [number, number] => (index === axis ? [before, after] : [0, 0])),
    );
  }
  const block = (length: Dim) =>
    length === 0 ? [] : [ops.zeros(x.shape.map((dim, index) => (index === axis ? length : dim)))];
  return ops.concat([...block(before), x, ...block(after)], axis);
}

/** Puts `step - 1` zeros after every element along an axis. */
function spreadAxis(ops: Ops, x: Tensor, axis: number, step: number): Tensor {
  const split = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const spread = padAxis(ops, ops.reshape(x, split), axis + 1, 0, step - 1);
  return ops.reshape(
    spread,
    x.shape.map((dim, index) => (index === axis ? mulDims(dim, step) : dim)),
  );
}

function sliceGradient(
  ops: Ops,
  x: Tensor,
  gradient: Tensor,
  { axes, starts, steps }: SliceAttributes,
): Tensor {
  return axes.reduce((g, axis, index) => {
    const step = steps[index]!;
    const size = x.shape[axis]!;
    const room = subDims(size, starts[index]!);
    const spread = step === 1 ? g : spreadAxis(ops, g, axis, step);
    const excess = subDims(spread.shape[axis]!, room);
    const fitted =
      typeof excess === 'number' && excess > 0
        ? ops.slice(spread, { axes: [axis], starts: [0], ends: [room] })
        : spread;
    return padAxis(ops, fitted, axis, starts[index]!, subDims(room, fitted.shape[axis]!));
  }, gradient);
}

function slicedSize(start: Dim, end: Dim, step: number): Dim {
  return step === 1
    ? subDims(end, start)
    : Math.ceil(staticDim(subDims(end, start), 'tensor.slice (steps other than 1)') / step);
}

/** Operations that move elements without computing. */
export const layoutOperations = {
  reshape: {
    infer([x], { shape }) {
      if (!dimsEqual(mulDims(...x!.shape), mulDims(...shape))) {
        throw new ShapeError(
          `tensor.reshape: expected as many elements as ${formatShape(x!.shape)}, got ${formatShape(shape)}; check the sizes.`,
        );
      }
      return { shape, dtype: x!.dtype };
    },
    evaluate: ([x]) => x!.data.slice(),
    gradient: (ops, { inputs: [x] }, g) => [ops.reshape(g, x!.shape)],
  },
  transpose: {
    infer([x], { permutation }) {
      if ([...permutation].sort((a, b) => a - b).join() !== x!.shape.map((_, axis) => axis).join()) {
        throw new ShapeError(
          `tensor.transpose: expected a permutation of ${x!.shape.length} axes, got [${permutation.join(', ')}]; name each axis once.`,
        );
      }
      return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
    },
    evaluate([x], { permutation }, { shape }) {
      const out = allocateReference(x!.dtype, x!.data.length);
      const strides = stridesOf(x!.shape);
      forEachIndex(
        shape,
        [permutation.map((axis) => strides[axis]!)],
        (position, [offset]) => (out[position] = x!.data[offset!]!),
      );
      return out;
    },
    gradient: (ops, _node, g, { permutation }) => [
      ops.transpose(
        g,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ],
  },
  broadcastTo: {
    infer([x], { shape }) {
      const joined = broadcastShapes(x!.shape, shape, 'broadcastTo');
      if (joined.length !== shape.length || !joined.every((dim, axis) => dimsEqual(dim, shape[axis]!))) {
        throw new ShapeError(
          `tensor.broadcastTo: ${formatShape(x!.shape)} does not broadcast to ${formatShape(shape)}; check the sizes.`,
        );
      }
      return { shape, dtype: x!.dtype };
    },
    evaluate([x], _attributes, { shape }) {
      const out = allocateReference(x!.dtype, sizeOf(shape));
      forEachIndex(
        shape,
        [broadcastStrides(x!.shape, shape)],
        (position, [offset]) => (out[position] = x!.data[offset!]!),
      );
      return out;
    },
    gradient: (ops, { inputs: [x] }, g) => [sumTo(ops, g, x!.shape)],
  },
  concat: {
    infer(inputs, { axis }) {
      const [first] = inputs;
      for (const x of inputs) {
        const fits =
          x.dtype === first!.dtype &&
          x.shape.length === first!.shape.length &&
          x.shape.every((dim, index) => index === axis || dimsEqual(dim, first!.shape[index]!));
        if (!fits)
          throw new ShapeError(
            `tensor.concat: expected shapes equal but for axis ${axis}, got ${inputs.map((t) => formatShape(t.shape)).join(', ')}; reshape them.`,
          );
      }
      const length = addDims(...inputs.map((x) => x.shape[axis]!));
      return {
        shape: first!.shape.map((dim, index) => (index === axis ? length : dim)),
        dtype: first!.dtype,
      };
    },
    evaluate(inputs, { axis }, { shape }) {
      const out = allocateReference(inputs[0]!.dtype, sizeOf(shape));
      const inner = sizeOf(shape.slice(axis + 1));
      const outer = sizeOf(shape.slice(0, axis));
      let at = 0;
      for (const x of inputs) {
        const run = x.shape[axis]! * inner;
        for (let row = 0; row < outer; row++)
          out.set(x.data.subarray(row * run, (row + 1) * run), row * shape[axis]! * inner + at);
        at += run;
      }
      return out;
    },
    gradient(ops, { inputs }, g, { axis }) {
      let end: Dim = 0;
      return inputs.map((x) => {
        const start = end;
        end = addDims(start, x.shape[axis]!);
        return x.dtype === 'float32'
          ? ops.slice(g, { axes: [axis], starts: [start], ends: [end] })
          : undefined;
      });
    },
  },
  slice: {
    infer([x], { axes, starts, ends, steps }) {
      const shape = [...x!.shape];
      axes.forEach((axis, index) => (shape[axis] = slicedSize(starts[index]!, ends[index]!, steps[index]!)));
      if (shape.some((dim) => typeof dim === 'number' && dim < 0)) {
        throw new ShapeError(
          `tensor.slice: ends before it starts in ${formatShape(x!.shape)}; check starts and ends.`,
        );
      }
      return { shape, dtype: x!.dtype };
    },
    evaluate([x], { axes, starts, steps }, { shape, bindings }) {
      const out = allocateReference(x!.dtype, sizeOf(shape));
      const strides = stridesOf(x!.shape);
      const base = axes.reduce(
        (sum, axis, index) => sum + evaluateDim(starts[index]!, bindings) * strides[axis]!,
        0,
      );
      axes.forEach((axis, index) => (strides[axis]! *= steps[index]!));
      forEachIndex(shape, [strides], (position, [offset]) => (out[position] = x!.data[base + offset!]!));
      return out;
    },
    gradient: (ops, { inputs: [x] }, g, attributes) => [sliceGradient(ops, x!, g, attributes)],
  },
  pad: {
    infer: ([x], { padding }) => ({
      shape: x!.shape.map((dim, axis) => addDims(dim, padding[axis]![0] + padding[axis]![1])),
      dtype: x!.dtype,
    }),
    evaluate([x], { padding, value }, { shape }) {
      const out = allocateReference(x!.dtype, sizeOf(shape)).fill(value);
      const strides = stridesOf(shape);
      const base = padding.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
      forEachIndex(x!.shape, [strides], (position, [offset]) => (out[base + offset!] = x!.data[position]!));
      return out;
    },
    gradient: (ops, { inputs: [x] }, g, { padding }) => [
      ops.slice(g, {
        axes: padding.map((_, axis) => axis),
        starts: padding.map(([before]) => before),
        ends: padding.map(([before], axis) => addDims(before, x!.shape[axis]!)),
      }),
    ],
  },
} satisfies Partial<Primitives>;
