import { f, i, type ConformanceCase } from './case.js';

/** Reading and writing at given positions. */
export const indexingCases: readonly ConformanceCase[] = [
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
];
