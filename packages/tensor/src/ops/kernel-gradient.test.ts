import { describe, expect, it } from 'vitest';
import { gradients } from '../gradients.js';
import type { Conv2dOptions } from '../operations.js';
import { trace } from '../trace.js';

/** The operations of a kernel's gradient: the number of each. */
function operations(x: readonly number[], w: readonly number[], options: Conv2dOptions = {}) {
  const graph = trace({ inputs: { x: { shape: x }, w: { shape: w } } }, (ops, { inputs }) => {
    const loss = ops.sum(ops.conv2d(inputs['x']!, inputs['w']!, options));
    return { gradient: gradients(ops, loss, [inputs['w']!])[0]! };
  });
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

// Values are in the conformance suite: these tell which rule gave them.
describe("a convolution's kernel gradient", () => {
  const padding = [1, 1, 1, 1] as const;

  it('of one pixel is a product per image', () => {
    expect(operations([2, 8, 4, 4], [3, 8, 1, 1])).toMatchObject({ matmul: 1, sum: 1 });
  });

  it('of few channels is a convolution with batch and channels swapped', () => {
    const counts = operations([2, 7, 4, 4], [3, 7, 3, 3], { padding });
    expect(counts).toMatchObject({ conv2d: 1 });
    expect(counts['matmul']).toBeUndefined();
  });

  it('of windows side by side is a product per row of the kernel, over as many copies as it has columns', () => {
    expect(operations([2, 8, 4, 4], [3, 8, 3, 2], { padding })).toMatchObject({
      matmul: 3,
      concat: 2,
      slice: 2 + 3,
    });
  });

  it('of strided windows is one product over a copy per place of the kernel', () => {
    expect(operations([2, 8, 4, 4], [3, 8, 3, 2], { padding, strides: [2, 2] })).toMatchObject({
      matmul: 1,
      concat: 1,
      slice: 6,
    });
  });

  it('of more kernels than places is one product that comes out in the order of the kernel', () => {
    const counts = operations([1, 8, 2, 2], [5, 8, 3, 3], { padding });
    expect(counts).toMatchObject({ matmul: 1, concat: 1, transpose: 2 });
    expect(operations([1, 8, 2, 2], [4, 8, 3, 3], { padding })).toMatchObject({ matmul: 3 });
  });
});
