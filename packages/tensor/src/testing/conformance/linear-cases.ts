import type { Ops } from '../../operations.js';
import { f, i, type CaseShape, type ConformanceCase } from './case.js';

function matmulCases(): ConformanceCase[] {
  const flags = [false, true];
  const plain = flags.flatMap((transposeA) =>
    flags.map((transposeB): ConformanceCase => ({
      name: `matmul transposeA ${transposeA}, transposeB ${transposeB}`,
      inputs: { a: f(transposeA ? [2, 4, 3] : [2, 3, 4]), b: f(transposeB ? [2, 5, 4] : [2, 4, 5]) },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!, { transposeA, transposeB }),
    })),
  );
  const shared = flags.flatMap((transposeA) =>
    flags.flatMap((transposeB) =>
      [
        { m: 3, n: 1 },
        { m: 1, n: 3 },
      ].map(({ m, n }): ConformanceCase => ({
        name: `matmul [2, 1, ${m}, 6] x [4, 6, ${n}], transposeA ${transposeA}, transposeB ${transposeB}`,
        inputs: {
          a: f(transposeA ? [2, 1, 6, m] : [2, 1, m, 6]),
          b: f(transposeB ? [4, n, 6] : [4, 6, n]),
        },
        build: (ops, { a, b: other }) => ops.matmul(a!, other!, { transposeA, transposeB }),
      })),
    ),
  );
  return [
    ...plain,
    ...shared,
    {
      name: 'matmul of a batch with one matrix',
      inputs: { a: f([2, 3, 4]), b: f([4, 5]) },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!),
    },
    {
      name: 'matmul with a transposed Linear weight',
      inputs: { a: f(['n', 4]), b: f([5, 4]) },
      sizes: { n: 3 },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!, { transposeB: true }),
    },
    {
      name: 'matmul of a symbolic batch with one matrix',
      inputs: { a: f(['n', 3, 4]), b: f([5, 4]) },
      sizes: { n: 2 },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!, { transposeB: true }),
    },
    {
      name: 'matmul broadcasts leading axes',
      inputs: { a: f([2, 1, 3, 4]), b: f([5, 4, 2]) },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!),
    },
  ];
}

function convolutionCases(): ConformanceCase[] {
  const settings: [string, CaseShape, CaseShape, Parameters<Ops['conv2d']>[2]][] = [
    ['1x1', [2, 3, 5, 4], [6, 3, 1, 1], {}],
    ['1x1 with stride 2', [2, 3, 5, 6], [4, 3, 1, 1], { strides: [2, 2] }],
    ['3x3 padded', [2, 9, 5, 4], [3, 9, 3, 3], { padding: [1, 1, 1, 1] }],
    ['3x3 with more kernels than places', [1, 8, 2, 3], [7, 8, 3, 3], { padding: [1, 1, 1, 1] }],
    [
      '2x3 of many channels, dilated, unevenly padded',
      [1, 8, 5, 7],
      [3, 8, 2, 3],
      { dilations: [2, 1], padding: [0, 1, 2, 0] },
    ],
    ['3x3 stride 2 in one axis', [1, 8, 5, 6], [2, 8, 3, 3], { strides: [1, 2], padding: [1, 1, 1, 1] }],
    [
      '3x3 stride 2 padded, even size',
      [1, 8, 6, 8],
      [4, 8, 3, 3],
      { strides: [2, 2], padding: [1, 1, 1, 1] },
    ],
    ['3x3 stride 2 padded, odd size', [1, 8, 7, 5], [4, 8, 3, 3], { strides: [2, 2], padding: [1, 1, 1, 1] }],
    ['7x7 stem of one channel', [2, 1, 12, 11], [4, 1, 7, 7], { strides: [2, 2], padding: [3, 3, 3, 3] }],
    ['dilated', [1, 2, 8, 8], [2, 2, 3, 3], { dilations: [2, 2], padding: [2, 2, 2, 2] }],
    ['uneven padding', [1, 2, 5, 5], [2, 2, 2, 2], { padding: [0, 1, 1, 0] }],
  ];
  const convolutions = settings.map(([what, x, w, options]): ConformanceCase => ({
    name: `conv2d ${what}`,
    inputs: { x: f(x), w: f(w) },
    build: (ops, { x: image, w: kernel }) => ops.conv2d(image!, kernel!, options),
  }));
  return [
    ...convolutions,
    {
      name: 'conv2d of a symbolic batch',
      inputs: { x: f(['n', 2, 4, 4]), w: f([3, 2, 3, 3]) },
      sizes: { n: 2 },
      build: (ops, { x, w }) => ops.conv2d(x!, w!, { padding: [1, 1, 1, 1] }),
    },
    {
      name: 'conv2dTranspose with stride 2',
      inputs: { y: f([1, 4, 3, 4]), w: f([4, 8, 3, 3]) },
      build: (ops, { y, w }) =>
        ops.conv2dTranspose(y!, w!, [6, 7], { strides: [2, 2], padding: [1, 1, 1, 1] }),
    },
    {
      name: 'conv2dTranspose with stride 1',
      inputs: { y: f([2, 3, 4, 4]), w: f([3, 2, 3, 3]) },
      build: (ops, { y, w }) => ops.conv2dTranspose(y!, w!, [4, 4], { padding: [1, 1, 1, 1] }),
    },
  ];
}

const pooling: ConformanceCase[] = [
  {
    name: 'maxPool2d 3x3 stride 2 padded',
    inputs: { x: f([2, 3, 7, 6]) },
    build: (ops, { x }) => ops.maxPool2d(x!, { kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1] }),
  },
  {
    name: 'maxPool2d 2x2',
    inputs: { x: f([1, 2, 4, 6]) },
    build: (ops, { x }) => ops.maxPool2d(x!, { kernel: [2, 2], strides: [2, 2] }),
  },
  {
    name: 'maxPool2dGradient takes the first of equals and adds overlaps',
    inputs: { x: i([1, 2, 5, 5], [0, 2]), g: f([1, 2, 3, 3]) },
    build: (ops, { x, g }) =>
      ops.maxPool2dGradient(ops.cast(x!, 'float32'), g!, {
        kernel: [3, 3],
        strides: [2, 2],
        padding: [1, 1, 1, 1],
      }),
    differentiable: false,
  },
];

/** Matrix products, convolutions and pooling. */
export const linearCases: readonly ConformanceCase[] = [...matmulCases(), ...convolutionCases(), ...pooling];
