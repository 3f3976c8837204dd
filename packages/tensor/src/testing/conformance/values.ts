import { float32, int32 } from '../../host-tensor.js';
import { bool, type ConformanceRule } from './rule.js';

/** Operations on small numbers whose results are worked out by hand. */
export const CONFORMANCE_VALUES: readonly ConformanceRule[] = [
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
