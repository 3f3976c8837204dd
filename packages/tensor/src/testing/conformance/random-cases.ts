import { f, i, type ConformanceCase } from './case.js';

/** Numbers from a seed. */
export const randomCases: readonly ConformanceCase[] = [
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
