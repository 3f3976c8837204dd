import type { Tensor } from '../graph.js';
import type { DType } from '../host-tensor.js';
import type { Ops } from '../operations.js';
import type { InputSpec } from '../trace.js';

/** One check of one operation: a small computation of named inputs. */
export interface ConformanceCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputSpec & { readonly range?: readonly [number, number] }>>;
  readonly build: (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Tensor;
  /** Sizes for symbolic dimensions. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Whether to check gradients of the float32 inputs. @defaultValue true */
  readonly differentiable?: boolean;
}

type Shape = readonly (number | string)[];
type Range = readonly [number, number];

const f = (shape: Shape, range: Range = [-2, 2]) => ({ shape, range });
const i = (shape: Shape, range: Range) => ({ shape, range, dtype: 'int32' as DType });
const b = (shape: Shape) => ({ shape, dtype: 'bool' as DType });

function unaryCases(): ConformanceCase[] {
  const positive: Range = [0.3, 3];
  const rules: [keyof Ops, Range?][] = [
    ['neg'],
    ['exp'],
    ['log', positive],
    ['sqrt', positive],
    ['tanh'],
    ['erf'],
    ['sigmoid'],
    ['relu'],
    ['abs'],
    ['sign'],
    ['gelu'],
    ['geluTanh'],
  ];
  return rules.map(([op, range]) => ({
    name: `${op} of a matrix`,
    inputs: { x: f([3, 5], range ?? [-2, 2]) },
    build: (ops, { x }) => (ops[op] as (x: Tensor) => Tensor)(x!),
    differentiable: op !== 'sign',
  }));
}

function binaryCases(): ConformanceCase[] {
  const shapes: [string, Shape, Shape][] = [
    ['equal shapes', [2, 3], [2, 3]],
    ['a row', [2, 3], [3]],
    ['a column against a row', [4, 1], [1, 3]],
    ['a scalar', [], [2, 2]],
    ['a symbolic size', ['n', 3], ['n', 1]],
  ];
  const numeric = (['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const).flatMap((op) =>
    shapes.map(([what, left, right]): ConformanceCase => ({
      name: `${op} broadcasts ${what}`,
      inputs: { a: f(left), b: f(right, [0.5, 3]) },
      sizes: { n: 4 },
      build: (ops, { a, b: other }) => ops[op](a!, other!),
    })),
  );
  const whole = (['add', 'sub', 'mul', 'maximum', 'minimum', 'equal', 'less'] as const).map(
    (op): ConformanceCase => ({
      name: `${op} of int32`,
      inputs: { a: i([2, 6], [-3, 4]), b: i([6], [-3, 4]) },
      build: (ops, { a, b: other }) => ops[op](a!, other!),
      differentiable: false,
    }),
  );
  return [...numeric, ...whole];
}

const logic: ConformanceCase[] = [
  {
    name: 'less of float32 against a number',
    inputs: { x: f([7]) },
    build: (ops, { x }) => ops.less(x!, 0.25),
    differentiable: false,
  },
  {
    name: 'and, or, not',
    inputs: { p: b([2, 4]), q: b([4]) },
    build: (ops, { p, q }) => ops.or(ops.and(p!, q!), ops.not(q!)),
    differentiable: false,
  },
  {
    name: 'where broadcasts and routes gradients',
    inputs: { p: b([3, 1]), x: f([3, 4]), y: f([4]) },
    build: (ops, { p, x, y }) => ops.where(p!, x!, y!),
  },
  {
    name: 'where of int32',
    inputs: { p: b([5]), x: i([5], [0, 9]) },
    build: (ops, { p, x }) => ops.where(p!, x!, -1),
    differentiable: false,
  },
  {
    name: 'cast float to int truncates',
    inputs: { x: f([9], [-5, 5]) },
    build: (ops, { x }) => ops.cast(x!, 'int32'),
    differentiable: false,
  },
  {
    name: 'cast int to float',
    inputs: { x: i([9], [-5, 5]) },
    build: (ops, { x }) => ops.cast(x!, 'float32'),
    differentiable: false,
  },
  {
    name: 'cast bool to float',
    inputs: { x: b([6]) },
    build: (ops, { x }) => ops.cast(x!, 'float32'),
    differentiable: false,
  },
  {
    name: 'cast int to bool',
    inputs: { x: i([9], [-1, 2]) },
    build: (ops, { x }) => ops.cast(x!, 'bool'),
    differentiable: false,
  },
  {
    name: 'stopGradient stops',
    inputs: { x: f([4]) },
    build: (ops, { x }) => ops.mul(ops.stopGradient(x!), 3),
    differentiable: false,
  },
];

function reduceCases(): ConformanceCase[] {
  const options = [{}, { axes: [1] }, { axes: [0, 2], keepDims: true }, { axes: [-1] }];
  const reduced = (['sum', 'max', 'mean'] as const).flatMap((op) =>
    options.map((option): ConformanceCase => ({
      name: `${op} with ${JSON.stringify(option)}`,
      inputs: { x: f([2, 3, 4]) },
      build: (ops, { x }) => ops[op](x!, option),
    })),
  );
  const soft = (['softmax', 'logSoftmax'] as const).flatMap((op) =>
    [0, 1, -1].map((axis): ConformanceCase => ({
      name: `${op} on axis ${axis}`,
      inputs: { x: f([2, 3, 4], [-4, 4]) },
      build: (ops, { x }) => ops[op](x!, axis),
    })),
  );
  return [
    ...reduced,
    ...soft,
    {
      name: 'mean over a symbolic axis',
      inputs: { x: f(['n', 3]) },
      sizes: { n: 5 },
      build: (ops, { x }) => ops.mean(x!, { axes: [0] }),
    },
    {
      name: 'argMax of each row',
      inputs: { x: f([4, 6]) },
      build: (ops, { x }) => ops.argMax(x!, -1),
      differentiable: false,
    },
    {
      name: 'argMax takes the first of equals',
      inputs: { x: i([3, 8], [0, 2]) },
      build: (ops, { x }) => ops.argMax(ops.cast(x!, 'float32'), 1),
      differentiable: false,
    },
    {
      name: 'topKIndices, largest first',
      inputs: { x: f([3, 7]) },
      build: (ops, { x }) => ops.topKIndices(x!, 3),
      differentiable: false,
    },
    {
      name: 'topKIndices breaks ties by lower index',
      inputs: { x: i([2, 9], [0, 3]) },
      build: (ops, { x }) => ops.topKIndices(ops.cast(x!, 'float32'), 4),
      differentiable: false,
    },
  ];
}

function matmulCases(): ConformanceCase[] {
  const flags = [false, true];
  const plain = flags.flatMap((transposeA) =>
    flags.map((transposeB): ConformanceCase => ({
      name: `matmul transposeA ${transposeA}, transposeB ${transposeB}`,
      inputs: { a: f(transposeA ? [2, 4, 3] : [2, 3, 4]), b: f(transposeB ? [2, 5, 4] : [2, 4, 5]) },
      build: (ops, { a, b: other }) => ops.matmul(a!, other!, { transposeA, transposeB }),
    })),
  );
  return [
    ...plain,
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
  const settings: [string, Shape, Shape, Parameters<Ops['conv2d']>[2]][] = [
    ['1x1', [2, 3, 5, 4], [6, 3, 1, 1], {}],
    ['1x1 with stride 2', [2, 3, 5, 6], [4, 3, 1, 1], { strides: [2, 2] }],
    ['3x3 padded', [2, 9, 5, 4], [3, 9, 3, 3], { padding: [1, 1, 1, 1] }],
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
}

const layout: ConformanceCase[] = [
  { name: 'reshape', inputs: { x: f([2, 6]) }, build: (ops, { x }) => ops.reshape(x!, [3, 4]) },
  {
    name: 'reshape keeps a symbolic size',
    inputs: { x: f(['n', 6]) },
    sizes: { n: 3 },
    build: (ops, { x }) => ops.reshape(x!, [x!.shape[0]!, 2, 3]),
  },
  {
    name: 'transpose',
    inputs: { x: f([2, 3, 4, 5]) },
    build: (ops, { x }) => ops.transpose(x!, [2, 0, 3, 1]),
  },
  {
    name: 'transpose of rank 5',
    inputs: { x: f([2, 3, 1, 2, 2]) },
    build: (ops, { x }) => ops.transpose(x!, [3, 0, 4, 2, 1]),
  },
  { name: 'broadcastTo', inputs: { x: f([3, 1]) }, build: (ops, { x }) => ops.broadcastTo(x!, [2, 3, 4]) },
  {
    name: 'concat of three',
    inputs: { x: f([2, 1]), y: f([2, 3]), z: f([2, 2]) },
    build: (ops, { x, y, z }) => ops.concat([x!, y!, z!], 1),
  },
  {
    name: 'concat along a symbolic axis',
    inputs: { x: f(['n', 2]), y: f([1, 2]) },
    sizes: { n: 3 },
    build: (ops, { x, y }) => ops.concat([x!, y!], 0),
  },
  {
    name: 'slice',
    inputs: { x: f([4, 5]) },
    build: (ops, { x }) => ops.slice(x!, { axes: [0, 1], starts: [1, 0], ends: [3, -2] }),
  },
  {
    name: 'slice with steps',
    inputs: { x: f([7, 8]) },
    build: (ops, { x }) => ops.slice(x!, { axes: [0, 1], starts: [1, 0], ends: [7, 8], steps: [2, 3] }),
  },
  {
    name: 'slice of the last element of a symbolic axis',
    inputs: { x: f(['n', 3]) },
    sizes: { n: 4 },
    build: (ops, { x }) => ops.slice(x!, { axes: [0], starts: [-1], ends: [x!.shape[0]!] }),
  },
  {
    name: 'pad',
    inputs: { x: f([2, 3]) },
    build: (ops, { x }) =>
      ops.pad(
        x!,
        [
          [1, 0],
          [2, 1],
        ],
        0.5,
      ),
  },
  {
    name: 'pad of rank 5',
    inputs: { x: f([1, 2, 2, 1, 3]) },
    build: (ops, { x }) =>
      ops.pad(x!, [
        [0, 0],
        [0, 1],
        [1, 0],
        [0, 2],
        [1, 1],
      ]),
  },
  {
    name: 'zeros and iota of a symbolic size',
    inputs: { x: f(['n', 2]) },
    sizes: { n: 3 },
    build: (ops, { x }) =>
      ops.add(
        x!,
        ops.add(
          ops.zeros(x!.shape),
          ops.reshape(ops.cast(ops.iota(x!.shape[0]!), 'float32'), [x!.shape[0]!, 1]),
        ),
      ),
  },
];

const indexing: ConformanceCase[] = [
  {
    name: 'gather rows with repeats',
    inputs: { x: f([4, 3]), n: i([2, 3], [0, 4]) },
    build: (ops, { x, n }) => ops.gather(x!, n!, 0),
  },
  {
    name: 'gather along an inner axis',
    inputs: { x: f([2, 5, 3]), n: i([4], [0, 5]) },
    build: (ops, { x, n }) => ops.gather(x!, n!, 1),
  },
  {
    name: 'gather a symbolic number of rows',
    inputs: { x: f([4, 3]), n: i(['m'], [0, 4]) },
    sizes: { m: 6 },
    build: (ops, { x, n }) => ops.gather(x!, n!, 0),
  },
  {
    name: 'gatherElements on the last axis',
    inputs: { x: f([3, 5]), n: i([3, 2], [0, 5]) },
    build: (ops, { x, n }) => ops.gatherElements(x!, n!, 1),
  },
  {
    name: 'gatherElements on the first axis',
    inputs: { x: f([4, 3]), n: i([6, 3], [0, 4]) },
    build: (ops, { x, n }) => ops.gatherElements(x!, n!, 0),
  },
  {
    name: 'scatterAddElements adds repeats',
    inputs: { n: i([6, 2], [0, 4]), u: f([6, 2]) },
    build: (ops, { n, u }) => ops.scatterAddElements(n!, u!, 0, 4),
  },
  {
    name: 'layerNorm',
    inputs: { x: f([2, 3, 8]), s: f([8]), t: f([8]) },
    build: (ops, { x, s, t }) => ops.layerNorm(x!, s!, t!, 1e-5),
  },
  {
    name: 'batchNorm',
    inputs: { x: f([2, 3, 2, 2]), s: f([3]), t: f([3]), m: f([3]), v: f([3], [0.5, 2]) },
    build: (ops, { x, s, t, m, v }) => ops.batchNorm(x!, s!, t!, m!, v!, 1e-5),
  },
];

const random: ConformanceCase[] = [
  {
    name: 'uniform numbers of a fixed size',
    inputs: { seed: i([], [0, 2 ** 30]) },
    build: (ops, { seed }) => ops.uniform(seed!, [3, 5]),
    differentiable: false,
  },
  {
    name: 'uniform numbers of a symbolic size and a negative seed',
    inputs: { x: f(['n', 2]), seed: i([], [-(2 ** 31), 0]) },
    sizes: { n: 300 },
    build: (ops, { x, seed }) => ops.uniform(seed!, [x!.shape[0]!, 7]),
    differentiable: false,
  },
  {
    name: 'a product with uniform numbers',
    inputs: { x: f([4, 3]), seed: i([], [0, 2 ** 30]) },
    build: (ops, { x, seed }) => ops.mul(x!, ops.uniform(seed!, x!.shape)),
  },
];

/** Every operation, with its shapes and corner cases. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...unaryCases(),
  ...binaryCases(),
  ...logic,
  ...reduceCases(),
  ...matmulCases(),
  ...convolutionCases(),
  ...layout,
  ...indexing,
  ...random,
];
