import { BackendError } from '@crrg/core';
import { trace } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { innerSizes, refuseEmptyProducts } from './empty-products.js';

const graph = trace(
  { inputs: { a: { shape: [2, 'k'] }, b: { shape: ['k', 3] }, c: { shape: [3, 'n'] } } },
  (ops, { inputs: { a, b, c } }) => {
    const product = ops.matmul(a!, b!);
    return { y: ops.matmul(product, c!), z: ops.matmul(c!, product, { transposeA: true, transposeB: true }) };
  },
);
const refuse = (k: number) => () =>
  refuseEmptyProducts(innerSizes(graph), new Map(Object.entries({ k, n: 0 })), 'here');

describe('products over nothing on WebGPU', () => {
  it('are refused, whether the size is known before the run or not', () => {
    expect(refuse(0)).toThrow(BackendError);
    expect(refuse(0)).toThrow(/^here: expected products over an inner size of at least 1 on WebGPU, got 0;/);
    const fixed = trace({ inputs: { a: { shape: [2, 0] } } }, (ops, { inputs: { a } }) => ({
      y: ops.matmul(a!, a!, { transposeB: true }),
    }));
    expect(() => refuseEmptyProducts(innerSizes(fixed), new Map(), 'here')).toThrow(BackendError);
  });

  it('are told from products with no rows', () => {
    expect(innerSizes(graph)).toHaveLength(1);
    expect(refuse(1)).not.toThrow();
  });
});
