import { addDims, mulDims, symbol } from '../../dim.js';
import { gradients } from '../../gradients.js';
import type { Tensor } from '../../graph.js';
import { float32, int32 } from '../../host-tensor.js';
import { maskedMean } from '../../nn/losses.js';
import type { Ops } from '../../operations.js';
import { bool, type ConformanceRule } from './rule.js';
import { CONFORMANCE_VALUES } from './values.js';

/** `y` and the gradients of `sum(y * [1, 2, 4, ..])` with respect to the named inputs. */
function withGradients(
  ops: Ops,
  inputs: Readonly<Record<string, Tensor>>,
  y: Tensor,
  names: readonly string[],
): Record<string, Tensor> {
  const flat = ops.reshape(y, [mulDims(...y.shape)]);
  const size = flat.shape[0] as number;
  const weights = float32(
    [size],
    Array.from({ length: size }, (_, index) => 2 ** index),
  );
  const loss = ops.sum(ops.mul(flat, ops.constant(weights)));
  const found = gradients(
    ops,
    loss,
    names.map((name) => inputs[name]!),
  );
  return { y, ...Object.fromEntries(names.map((name, index) => [`d${name}`, found[index]!])) };
}

const ties: ConformanceRule[] = [
  {
    name: 'maximum of equal operands is their value, and its gradient goes to the first alone',
    signature: { a: { shape: [3] }, b: { shape: [3] } },
    inputs: { a: float32([3], [1, 2, -3]), b: float32([3], [1, 5, -4]) },
    build: (ops, inputs) => withGradients(ops, inputs, ops.maximum(inputs['a']!, inputs['b']!), ['a', 'b']),
    expected: { y: [1, 5, -3], da: [1, 0, 4], db: [0, 2, 0] },
  },
  {
    name: 'minimum of equal operands is their value, and its gradient goes to the first alone',
    signature: { a: { shape: [3] }, b: { shape: [3] } },
    inputs: { a: float32([3], [1, 2, -3]), b: float32([3], [1, 5, -4]) },
    build: (ops, inputs) => withGradients(ops, inputs, ops.minimum(inputs['a']!, inputs['b']!), ['a', 'b']),
    expected: { y: [1, 2, -4], da: [1, 2, 0], db: [0, 0, 4] },
  },
  {
    name: 'maximum with a number keeps the gradient of a tie',
    signature: { a: { shape: [3] } },
    inputs: { a: float32([3], [1, 0, 2]) },
    build: (ops, inputs) => withGradients(ops, inputs, ops.maximum(inputs['a']!, 1), ['a']),
    expected: { y: [1, 1, 2], da: [1, 0, 4] },
  },
  {
    name: 'maximum of a broadcast operand adds its gradients up',
    signature: { a: { shape: [2, 2] }, b: { shape: [2] } },
    inputs: { a: float32([2, 2], [0, 3, 1, 1]), b: float32([2], [1, 2]) },
    build: (ops, inputs) => withGradients(ops, inputs, ops.maximum(inputs['a']!, inputs['b']!), ['a', 'b']),
    expected: { y: [1, 3, 1, 2], da: [0, 2, 4, 0], db: [1, 8] },
  },
  {
    name: 'max shares its gradient evenly between equal maxima',
    signature: { x: { shape: [2, 3] } },
    inputs: { x: float32([2, 3], [2, 1, 2, 0, 0, 0]) },
    build: (ops, inputs) => withGradients(ops, inputs, ops.max(inputs['x']!, { axes: [1] }), ['x']),
    expected: { y: [2, 0], dx: [0.5, 0, 0.5, 2 / 3, 2 / 3, 2 / 3] },
  },
  {
    name: 'relu, abs and sign have no slope at 0',
    signature: { x: { shape: [3] } },
    inputs: { x: float32([3], [0, 2, -2]) },
    build: (ops, { x }) => ({
      ...withGradients(ops, { x: x! }, ops.relu(x!), ['x']),
      dabs: gradients(ops, ops.sum(ops.abs(x!)), [x!])[0]!,
      dsign: gradients(ops, ops.sum(ops.sign(x!)), [x!])[0]!,
    }),
    expected: { y: [0, 2, 0], dx: [0, 2, 0], dabs: [0, 1, -1], dsign: [0, 0, 0] },
  },
  {
    name: 'less is strict and equal is exact',
    signature: { a: { shape: [4] }, b: { shape: [4] } },
    inputs: { a: float32([4], [1, 1, 2, 0.1]), b: float32([4], [1, 2, 1, 0.1]) },
    build: (ops, { a, b }) => ({ less: ops.less(a!, b!), equal: ops.equal(a!, b!) }),
    expected: { less: [0, 1, 0, 0], equal: [1, 0, 0, 1] },
  },
  {
    name: 'max pooling sends the gradient to the first of equal elements of each window',
    signature: { x: { shape: [1, 1, 2, 4] } },
    inputs: { x: float32([1, 1, 2, 4], [1, 1, 0, 5, 1, 1, 5, 5]) },
    build: (ops, inputs) =>
      withGradients(ops, inputs, ops.maxPool2d(inputs['x']!, { kernel: [2, 2], strides: [2, 2] }), ['x']),
    expected: { y: [1, 5], dx: [1, 0, 0, 2, 0, 0, 0, 0] },
  },
];

const masks: ConformanceRule[] = [
  {
    name: 'a mean over an empty mask is 0, with no gradient',
    signature: { x: { shape: [3] }, mask: { shape: [3] } },
    inputs: { x: float32([3], [5, 6, 7]), mask: float32([3], [0, 0, 0]) },
    build: (ops, inputs) => {
      const mean = maskedMean(ops, inputs['x']!, inputs['mask']!);
      return { mean, dx: gradients(ops, mean, [inputs['x']!])[0]! };
    },
    expected: { mean: [0], dx: [0, 0, 0] },
  },
  {
    name: 'a mean over a mask divides by what the mask keeps',
    signature: { x: { shape: [4] }, mask: { shape: [4] } },
    inputs: { x: float32([4], [5, 6, 7, 100]), mask: float32([4], [1, 0, 1, 0]) },
    build: (ops, inputs) => {
      const mean = maskedMean(ops, inputs['x']!, inputs['mask']!);
      return { mean, dx: gradients(ops, mean, [inputs['x']!])[0]! };
    },
    expected: { mean: [6], dx: [0.5, 0, 0.5, 0] },
  },
  {
    name: 'where under a mask of nothing gives the other side and its gradient',
    signature: { p: { shape: [2], dtype: 'bool' }, x: { shape: [2] }, y: { shape: [2] } },
    inputs: { p: bool([2], [0, 0]), x: float32([2], [1, 2]), y: float32([2], [3, 4]) },
    build: (ops, { p, x, y }) => {
      const { y: value, ...found } = withGradients(ops, { x: x!, y: y! }, ops.where(p!, x!, y!), ['x', 'y']);
      return { value: value!, ...found };
    },
    expected: { value: [3, 4], dx: [0, 0], dy: [1, 2] },
  },
  {
    name: 'a softmax over a row that a mask hides all of is even, not undefined',
    signature: { x: { shape: [2, 2] }, p: { shape: [2, 2], dtype: 'bool' } },
    inputs: { x: float32([2, 2], [1, 9, 3, 3]), p: bool([2, 2], [0, 0, 1, 0]) },
    build: (ops, { x, p }) => ({ y: ops.softmax(ops.where(p!, x!, -1e9), 1) }),
    expected: { y: [0.5, 0.5, 1, 0] },
  },
];

const nothing: ConformanceRule[] = [
  {
    name: 'sums of nothing are 0, maxima of nothing -Infinity, means of nothing undefined',
    signature: { x: { shape: ['n', 2] } },
    inputs: { x: float32([0, 2], []) },
    build: (ops, { x }) => ({
      sum: ops.sum(x!, { axes: [0] }),
      max: ops.max(x!, { axes: [0] }),
      mean: ops.mean(x!, { axes: [0] }),
      all: ops.sum(x!),
    }),
    expected: { sum: [0, 0], max: [-Infinity, -Infinity], mean: [NaN, NaN], all: [0] },
  },
  {
    name: 'operations on nothing give nothing',
    signature: { x: { shape: ['n', 2] }, at: { shape: ['n'], dtype: 'int32' } },
    inputs: { x: float32([0, 2], []), at: int32([0], []) },
    build: (ops, { x, at }) => ({
      relu: ops.relu(x!),
      softmax: ops.softmax(x!, 1),
      argMax: ops.argMax(x!, 1),
      gathered: ops.gather(x!, at!, 1),
      joined: ops.concat([x!, x!], 0),
      rowSums: ops.sum(x!, { axes: [1] }),
    }),
    expected: { relu: [], softmax: [], argMax: [], gathered: [], joined: [], rowSums: [] },
  },
  {
    name: 'the logarithm of a softmax without rows is empty, and so is its gradient',
    signature: { x: { shape: ['n', 3] } },
    inputs: { x: float32([0, 3], []) },
    build: (ops, { x }) => {
      const y = ops.logSoftmax(x!, -1);
      return { y, dx: gradients(ops, ops.sum(y), [x!])[0]! };
    },
    expected: { y: [], dx: [] },
  },
  {
    name: 'what is joined to nothing is there for what follows',
    signature: { x: { shape: ['n', 2] }, y: { shape: [1, 2] } },
    inputs: { x: float32([0, 2], []), y: float32([1, 2], [3, -4]) },
    build: (ops, { x, y }) => ({ y: ops.neg(ops.concat([x!, ops.neg(y!)], 0)) }),
    expected: { y: [3, -4] },
  },
  {
    name: 'a product over an inner size of 0 is 0',
    signature: { a: { shape: [2, 'k'] }, b: { shape: ['k', 2] } },
    inputs: { a: float32([2, 0], []), b: float32([0, 2], []) },
    build: (ops, { a, b }) => ({ y: ops.matmul(a!, b!) }),
    expected: { y: [0, 0, 0, 0] },
  },
];

const places: ConformanceRule[] = [
  {
    name: 'a slice counts from the end, keeps its end out and clips it to the size',
    signature: { x: { shape: [5] }, s: { shape: ['n'] } },
    inputs: { x: float32([5], [0, 1, 2, 3, 4]), s: float32([3], [7, 8, 9]) },
    build: (ops, { x, s }) => ({
      middle: ops.slice(x!, { axes: [0], starts: [-4], ends: [-1] }),
      clipped: ops.slice(x!, { axes: [0], starts: [3], ends: [99] }),
      stepped: ops.slice(x!, { axes: [0], starts: [1], ends: [5], steps: [3] }),
      last: ops.slice(s!, { axes: [0], starts: [-1], ends: [symbol('n')] }),
    }),
    expected: { middle: [1, 2, 3], clipped: [3, 4], stepped: [1, 4], last: [9] },
  },
  {
    name: 'a slice in steps takes the last row too where the next would be outside',
    signature: { x: { shape: [5, 8] } },
    inputs: {
      x: float32(
        [5, 8],
        Array.from({ length: 40 }, (_, at) => Math.floor(at / 8)),
      ),
    },
    build: (ops, { x }) => {
      const rows = ops.slice(x!, { axes: [0], starts: [0], ends: [5], steps: [2] });
      return { sums: ops.sum(rows, { axes: [1] }) };
    },
    expected: { sums: [0, 16, 32] },
  },
  {
    name: 'sizes computed from symbols are those of the run',
    signature: { x: { shape: ['n', 2] }, past: { shape: ['m', 2] } },
    inputs: { x: float32([1, 2], [1, 2]), past: float32([2, 2], [3, 4, 5, 6]) },
    build: (ops, { x, past }) => ({
      joined: ops.concat([past!, x!], 0),
      count: ops.iota(addDims(mulDims(symbol('n'), symbol('m')), 2)),
      zeros: ops.zeros([addDims(symbol('m'), 1)]),
    }),
    expected: { joined: [3, 4, 5, 6, 1, 2], count: [0, 1, 2, 3], zeros: [0, 0, 0] },
  },
  {
    name: 'a value that several operations use gets the sum of their gradients',
    signature: { x: { shape: [2] } },
    inputs: { x: float32([2], [3, 5]) },
    build: (ops, { x }) => {
      const loss = ops.sum(ops.add(ops.mul(x!, x!), ops.mul(ops.stopGradient(x!), x!)));
      return { dx: gradients(ops, loss, [x!])[0]! };
    },
    expected: { dx: [9, 15] },
  },
  {
    name: 'a matrix that a batch of transposed ones shares gets the gradients of all of them',
    signature: { a: { shape: [2, 2, 2] }, b: { shape: [2, 1] } },
    inputs: { a: float32([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), b: float32([2, 1], [1, 10]) },
    build: (ops, { a, b }) =>
      withGradients(ops, { a: a!, b: b! }, ops.matmul(a!, b!, { transposeA: true }), ['a', 'b']),
    expected: { y: [31, 42, 75, 86], da: [1, 2, 10, 20, 4, 8, 40, 80], db: [73, 103] },
  },
  {
    name: 'a composite operand that depends on another passes its gradient on once',
    signature: { x: { shape: [2] } },
    inputs: { x: float32([2], [1, 3]) },
    build: (ops, { x }) => {
      // Normalised, x is [-1, 1] whatever its numbers are: only the scale x^2 has a slope.
      const zero = ops.zeros([2]);
      const y = ops.layerNorm(x!, ops.square(x!), zero, 0);
      return withGradients(ops, { x: x! }, y, ['x']);
    },
    expected: { y: [-1, 9], dx: [-2, 12] },
  },
  {
    name: 'pooling windows of one element give what they are given, also to what follows',
    signature: { x: { shape: [1, 2, 2, 1] } },
    inputs: { x: float32([1, 2, 2, 1], [1, 2, 3, 4]) },
    build: (ops, { x }) => {
      const pool = (y: Tensor, strides: [number, number]) => ops.maxPool2d(y, { kernel: [1, 1], strides });
      return {
        all: ops.exp(ops.log(pool(ops.abs(x!), [1, 1]))),
        even: ops.exp(ops.log(pool(ops.abs(x!), [2, 1]))),
      };
    },
    expected: { all: [1, 2, 3, 4], even: [1, 3] },
  },
  {
    name: 'the border of a pooling window is below every number, for the gradient too',
    signature: { x: { shape: [1, 1, 2, 2] } },
    inputs: { x: float32([1, 1, 2, 2], [-1, -2, -3, -4]) },
    build: (ops, { x }) => {
      const y = ops.maxPool2d(x!, { kernel: [2, 2], strides: [1, 1], padding: [1, 1, 0, 0] });
      return withGradients(ops, { x: x! }, y, ['x']);
    },
    expected: { y: [-1, -1, -1, -1], dx: [15, 0, 0, 0] },
  },
  {
    name: 'what the loss does not depend on has gradient 0',
    signature: { x: { shape: [2] }, other: { shape: [3] } },
    inputs: { x: float32([2], [3, 5]), other: float32([3], [1, 2, 3]) },
    build: (ops, { x, other }) => ({ d: gradients(ops, ops.sum(x!), [other!])[0]! }),
    expected: { d: [0, 0, 0] },
  },
];

/** Ties, empty masks, empty axes, places at the edge, and values worked out by hand. */
export const CONFORMANCE_RULES: readonly ConformanceRule[] = [
  ...ties,
  ...masks,
  ...nothing,
  ...places,
  ...CONFORMANCE_VALUES,
];
