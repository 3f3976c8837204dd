import type { ReduceAttributes } from '../attributes.js';
import type { Dim } from '../dim.js';
import type { Tensor } from '../graph.js';
import { sizeOf } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { Primitives, ReferenceArray } from './definition.js';
import { forEachIndex, requireType, stridesOf } from './shapes.js';

function reducedShape<D extends Dim>(shape: readonly D[], { axes, keepDims }: ReduceAttributes): (D | 1)[] {
  return shape
    .map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    .filter((_, axis) => keepDims || !axes.includes(axis));
}

function reduce(
  x: ReferenceArray,
  attributes: ReduceAttributes,
  start: number,
  combine: (a: number, b: number) => number,
): Float64Array {
  const kept = reducedShape(x.shape, { axes: attributes.axes, keepDims: true });
  const out = new Float64Array(sizeOf(kept)).fill(start);
  const strides = stridesOf(kept).map((stride, axis) => (attributes.axes.includes(axis) ? 0 : stride));
  forEachIndex(x.shape, [strides], (position, [offset]) => {
    out[offset!] = combine(out[offset!]!, x.data[position]!);
  });
  return out;
}

/** The reduced tensor with its lost axes back as ones, so that it broadcasts against the operand. */
function restoreAxes(ops: Ops, x: Tensor, like: Tensor, { axes }: ReduceAttributes): Tensor {
  return ops.reshape(x, reducedShape(like.shape, { axes, keepDims: true }));
}

/** Calls `visit` with the start offset of every line along an axis. */
function forEachLine(
  x: ReferenceArray,
  axis: number,
  visit: (start: number, stride: number, length: number, line: number) => void,
): void {
  const stride = stridesOf(x.shape)[axis]!;
  const length = x.shape[axis]!;
  const lines = length === 0 ? 0 : x.data.length / length;
  for (let line = 0; line < lines; line++)
    visit(Math.floor(line / stride) * stride * length + (line % stride), stride, length, line);
}

function softmaxLine(x: ReferenceArray, axis: number, logarithm: boolean): Float64Array {
  const out = new Float64Array(x.data.length);
  forEachLine(x, axis, (start, stride, length) => {
    let max = -Infinity;
    for (let i = 0; i < length; i++) max = Math.max(max, x.data[start + i * stride]!);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.exp(x.data[start + i * stride]! - max);
    for (let i = 0; i < length; i++) {
      const shifted = x.data[start + i * stride]! - max;
      out[start + i * stride] = logarithm ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
    }
  });
  return out;
}

/** Reductions and the softmax family. `max` shares its gradient evenly between equal maxima. */
export const reductions = {
  sum: {
    infer([x], attributes) {
      requireType(x!, 'float32', 'sum');
      return { shape: reducedShape(x!.shape, attributes), dtype: 'float32' };
    },
    evaluate: ([x], attributes) => reduce(x!, attributes, 0, (a, b) => a + b),
    gradient: (ops, { inputs: [x] }, g, attributes) => [
      ops.broadcastTo(restoreAxes(ops, g, x!, attributes), x!.shape),
    ],
  },
  max: {
    infer([x], attributes) {
      requireType(x!, 'float32', 'max');
      return { shape: reducedShape(x!.shape, attributes), dtype: 'float32' };
    },
    evaluate: ([x], attributes) => reduce(x!, attributes, -Infinity, Math.max),
    gradient(ops, { inputs: [x], output }, g, attributes) {
      const isMax = ops.cast(ops.equal(x!, restoreAxes(ops, output, x!, attributes)), 'float32');
      const count = ops.sum(isMax, { axes: attributes.axes, keepDims: true });
      return [ops.mul(isMax, ops.div(restoreAxes(ops, g, x!, attributes), count))];
    },
  },
  argMax: {
    infer: ([x], { axis }) => ({ shape: x!.shape.filter((_, index) => index !== axis), dtype: 'int32' }),
    evaluate([x], { axis }) {
      const out = new Int32Array(x!.data.length / x!.shape[axis]!);
      forEachLine(x!, axis, (start, stride, length, line) => {
        for (let i = 1; i < length; i++)
          if (x!.data[start + i * stride]! > x!.data[start + out[line]! * stride]!) out[line] = i;
      });
      return out;
    },
  },
  softmax: {
    infer([x]) {
      requireType(x!, 'float32', 'softmax');
      return { shape: x!.shape, dtype: 'float32' };
    },
    evaluate: ([x], { axis }) => softmaxLine(x!, axis, false),
    gradient(ops, { output: y }, g, { axis }) {
      const weighted = ops.mul(g, y);
      return [ops.sub(weighted, ops.mul(y, ops.sum(weighted, { axes: [axis], keepDims: true })))];
    },
  },
  logSoftmax: {
    infer([x]) {
      requireType(x!, 'float32', 'logSoftmax');
      return { shape: x!.shape, dtype: 'float32' };
    },
    evaluate: ([x], { axis }) => softmaxLine(x!, axis, true),
    gradient: (ops, { output: y }, g, { axis }) => [
      ops.sub(g, ops.mul(ops.exp(y), ops.sum(g, { axes: [axis], keepDims: true }))),
    ],
  },
} satisfies Partial<Primitives>;
