import { f, type ConformanceCase } from './case.js';

/** Normalisations, written in primitives or fused. */
export const compositeCases: readonly ConformanceCase[] = [
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
