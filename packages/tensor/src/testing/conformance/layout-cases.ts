import { f, type ConformanceCase } from './case.js';

/** Operations that move elements. */
export const layoutCases: readonly ConformanceCase[] = [
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
