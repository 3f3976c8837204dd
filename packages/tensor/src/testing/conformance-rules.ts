import { addDims, mulDims, symbol } from '../dim.js';
import { gradients } from '../gradients.js';
import type { Tensor } from '../graph.js';
import { float32, hostTensor, int32, type HostTensor } from '../host-tensor.js';
import { maskedMean } from '../nn/losses.js';
import type { Ops } from '../operations.js';
import type { TraceSignature } from '../trace.js';

/** One rule on inputs where random numbers would not meet it, with the values that it asks for. */
export interface ConformanceRule {
  readonly name: string;
  readonly signature: TraceSignature['inputs'];
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly build: (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;
  /** Expected values by output. */
  readonly expected: Readonly<Record<string, readonly number[]>>;
}

const bool = (shape: readonly number[], data: readonly number[]) => hostTensor('bool', shape, data);

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

const values: ConformanceRule[] = [
  {
    name: 'functions of one number have their known values',
    signature: { x: { shape: [5] }, z: { shape: [3] } },
    inputs: { x: float32([5], [-7, -3, 0.5, 2.25, 2.75]), z: float32([3], [0, Math.LN2, -Math.LN2]) },
    build: (ops, { x, z }) => ({
      erf: ops.erf(x!),
      sigmoid: ops.sigmoid(z!),
      tanh: ops.tanh(z!),
      relu: ops.relu(x!),
      sign: ops.sign(x!),
      gelu: ops.gelu(z!),
    }),
    expected: {
      erf: [-1, -0.9999779095, 0.5204998778, 0.9985372834, 0.9998993781],
      sigmoid: [0.5, 2 / 3, 1 / 3],
      tanh: [0, 0.6, -0.6],
      relu: [0, 0, 0.5, 2.25, 2.75],
      sign: [-1, -1, 1, 1, 1],
      gelu: [0, 0.523944, -0.1692032],
    },
  },
  {
    name: 'and, or and not are those of logic',
    signature: { p: { shape: [4], dtype: 'bool' }, q: { shape: [4], dtype: 'bool' } },
    inputs: { p: bool([4], [0, 0, 1, 1]), q: bool([4], [0, 1, 0, 1]) },
    build: (ops, { p, q }) => ({ and: ops.and(p!, q!), or: ops.or(p!, q!), not: ops.not(p!) }),
    expected: { and: [0, 0, 0, 1], or: [0, 1, 1, 1], not: [1, 1, 0, 0] },
  },
  {
    name: 'cast to int32 cuts towards 0, to bool asks for anything but 0',
    signature: { x: { shape: [4] } },
    inputs: { x: float32([4], [1.75, -1.75, 0.25, 0]) },
    build: (ops, { x }) => ({
      int: ops.cast(x!, 'int32'),
      bool: ops.cast(x!, 'bool'),
      back: ops.cast(ops.cast(x!, 'int32'), 'float32'),
    }),
    expected: { int: [1, -1, 0, 0], bool: [1, 1, 1, 0], back: [1, -1, 0, 0] },
  },
  {
    name: 'softmax and its logarithm add up to one along their axis only, however large the numbers',
    signature: { x: { shape: [2, 2] } },
    inputs: { x: float32([2, 2], [500, 501, 500, 500]) },
    build: (ops, { x }) => ({
      rows: ops.softmax(x!, 1),
      columns: ops.softmax(x!, 0),
      logarithm: ops.exp(ops.logSoftmax(x!, -1)),
    }),
    expected: {
      rows: [0.2689414, 0.7310586, 0.5, 0.5],
      columns: [0.5, 0.7310586, 0.5, 0.2689414],
      logarithm: [0.2689414, 0.7310586, 0.5, 0.5],
    },
  },
  {
    name: 'reductions take the named axes, keep them as 1 where asked, and sort them',
    signature: { x: { shape: [2, 2, 2] } },
    inputs: { x: float32([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, -8]) },
    build: (ops, { x }) => ({
      outer: ops.sum(x!, { axes: [-1, 0] }),
      kept: ops.add(ops.sum(x!, { axes: [1], keepDims: true }), x!),
      mean: ops.mean(x!, { axes: [2] }),
      max: ops.max(x!, { axes: [0, 1] }),
      least: ops.max(ops.sub(x!, 200)),
    }),
    expected: {
      outer: [14, 6],
      kept: [5, 8, 7, 10, 17, 4, 19, -10],
      mean: [1.5, 3.5, 5.5, -0.5],
      max: [7, 6],
      least: [-193],
    },
  },
  {
    name: 'the largest are found in order, the first of equals first',
    signature: { x: { shape: [2, 4] } },
    inputs: { x: float32([2, 4], [1, 3, 3, 2, 0, 0, 0, 0]) },
    build: (ops, { x }) => ({
      argMax: ops.argMax(x!, 1),
      column: ops.argMax(x!, 0),
      top: ops.topKIndices(x!, 3),
    }),
    expected: { argMax: [1, 0], column: [0, 0, 0, 0], top: [1, 2, 3, 0, 1, 2] },
  },
  {
    name: 'products read their operands as they are flagged',
    signature: { a: { shape: [2, 3] }, b: { shape: [3, 2] } },
    inputs: { a: float32([2, 3], [1, 2, 3, 4, 5, 6]), b: float32([3, 2], [1, 0, 0, 1, 2, 0]) },
    build: (ops, { a, b }) => ({
      plain: ops.matmul(a!, b!),
      both: ops.matmul(a!, b!, { transposeA: true, transposeB: true }),
      own: ops.matmul(a!, a!, { transposeB: true }),
      gram: ops.matmul(b!, b!, { transposeA: true }),
    }),
    expected: {
      plain: [7, 2, 16, 5],
      both: [1, 4, 2, 2, 5, 4, 3, 6, 6],
      own: [14, 32, 32, 77],
      gram: [5, 0, 0, 1],
    },
  },
  {
    name: 'a convolution multiplies without turning its kernel, pads each side as told, and leaves a remainder out',
    signature: { x: { shape: [1, 1, 3, 4] }, w: { shape: [1, 1, 2, 2] } },
    inputs: {
      x: float32([1, 1, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      w: float32([1, 1, 2, 2], [1, 10, 100, 1000]),
    },
    build: (ops, { x, w }) => ({
      left: ops.conv2d(x!, w!, { strides: [2, 2], padding: [0, 1, 0, 0] }),
      top: ops.conv2d(x!, w!, { strides: [2, 2], padding: [1, 0, 0, 0] }),
      dilated: ops.conv2d(x!, w!, { dilations: [2, 3] }),
      pool: ops.maxPool2d(ops.neg(x!), { kernel: [2, 2], strides: [2, 2], padding: [1, 1, 0, 0] }),
    }),
    expected: {
      left: [5010, 7632],
      top: [2100, 4300, 10965, 13187],
      dilated: [12941],
      pool: [-1, -2, -5, -6],
    },
  },
  {
    name: 'places are read, repeated, filled and added to as they are named',
    signature: {
      x: { shape: [2, 2] },
      at: { shape: [3], dtype: 'int32' },
      n: { shape: [2, 2], dtype: 'int32' },
    },
    inputs: {
      x: float32([2, 2], [1, 2, 3, 4]),
      at: int32([3], [1, 0, 1]),
      n: int32([2, 2], [1, 1, 1, 0]),
    },
    build: (ops, { x, at, n }) => ({
      rows: ops.gather(x!, at!, 0),
      columns: ops.gather(x!, at!, 1),
      elements: ops.gatherElements(x!, n!, 0),
      added: ops.scatterAddElements(n!, x!, 0, 2),
      padded: ops.pad(
        x!,
        [
          [1, 0],
          [0, 1],
        ],
        9,
      ),
      turned: ops.transpose(x!, [1, 0]),
      joined: ops.concat([x!, x!], 1),
      spread: ops.broadcastTo(ops.reshape(at!, [3, 1]), [3, 2]),
    }),
    expected: {
      rows: [3, 4, 1, 2, 3, 4],
      columns: [2, 1, 2, 4, 3, 4],
      elements: [3, 4, 3, 2],
      added: [0, 4, 4, 2],
      padded: [9, 9, 9, 1, 2, 9, 3, 4, 9],
      turned: [1, 3, 2, 4],
      joined: [1, 2, 1, 2, 3, 4, 3, 4],
      spread: [1, 1, 0, 0, 1, 1],
    },
  },
  {
    name: 'literals of one element differ by value, type and shape',
    signature: { x: { shape: [1] } },
    inputs: { x: float32([1], [1]) },
    build: (ops, { x }) => {
      const [scalar, vector, whole] = [float32([], [2]), float32([1, 1], [2]), int32([], [2])];
      return {
        scalar: ops.add(x!, ops.constant(scalar)),
        vector: ops.add(x!, ops.constant(vector)),
        whole: ops.add(ops.constant(whole), ops.constant(int32([1], [5]))),
        other: ops.mul(x!, ops.scalar(3)),
      };
    },
    expected: { scalar: [3], vector: [3], whole: [7], other: [3] },
  },
  {
    name: 'operations that are not symmetric keep the order of their operands, also where both orders are asked for',
    signature: { a: { shape: [2] }, b: { shape: [2] } },
    inputs: { a: float32([2], [8, 1]), b: float32([2], [2, 4]) },
    build: (ops, { a, b }) => ({
      down: ops.sub(a!, b!),
      up: ops.sub(b!, a!),
      ratio: ops.div(a!, b!),
      inverse: ops.div(b!, a!),
    }),
    expected: { down: [6, -3], up: [-6, 3], ratio: [4, 0.25], inverse: [0.25, 4] },
  },
];

/** Ties, empty masks, empty axes, places at the edge, and values worked out by hand. */
export const CONFORMANCE_RULES: readonly ConformanceRule[] = [
  ...ties,
  ...masks,
  ...nothing,
  ...places,
  ...values,
];
