import type { Tensor } from '../../graph.js';
import type { Ops } from '../../operations.js';
import { b, f, i, type CaseShape, type ConformanceCase, type Range } from './case.js';

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
  const shapes: [string, CaseShape, CaseShape][] = [
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

/** Operations on single elements. */
export const elementwiseCases: readonly ConformanceCase[] = [...unaryCases(), ...binaryCases(), ...logic];
