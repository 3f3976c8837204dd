import { addDims, symbol } from '../../dim.js';
import { f, type ConformanceCase } from './case.js';

/** Normalisations and attention, written in primitives or fused. */
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
  {
    name: 'attention over one block',
    inputs: { q: f([2, 3, 8]), k: f([2, 2, 3, 4]), v: f([2, 2, 3, 4]), b: f([1, 1, 3, 3]) },
    build: (ops, { q, k, v, b }) => ops.attention(q!, [{ key: k!, value: v! }], b!, 0.5),
  },
  {
    name: 'attention over blocks of symbolic sizes',
    inputs: {
      q: f(['n', 't', 8]),
      k: f(['n', 2, 'l', 4]),
      v: f(['n', 2, 'l', 4]),
      k2: f(['n', 2, 'r', 4]),
      v2: f(['n', 2, 'r', 4]),
      b: { shape: ['n', 1, 't', addDims(symbol('l'), symbol('r'))], range: [-2, 2] },
    },
    sizes: { n: 2, t: 3, l: 4, r: 2, 'l+r': 6 },
    build: (ops, { q, k, v, k2, v2, b }) => {
      const blocks = [
        { key: k!, value: v! },
        { key: k2!, value: v2! },
      ];
      return ops.attention(q!, blocks, b!, 0.5);
    },
  },
];
