import { f, i, type ConformanceCase } from './case.js';

function reductionCases(): ConformanceCase[] {
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
  ];
}

const orders: ConformanceCase[] = [
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

/** Sums, maxima and what orders values. */
export const reduceCases: readonly ConformanceCase[] = [...reductionCases(), ...orders];
