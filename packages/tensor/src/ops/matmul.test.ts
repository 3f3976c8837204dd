import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { runToHost } from '../backend.js';
import type { Shape } from '../dim.js';
import { gradients } from '../gradients.js';
import { float32, sizeOf } from '../host-tensor.js';
import { createReferenceBackend } from '../testing.js';
import { trace } from '../trace.js';

/** Operations that move or sum numbers, with their sizes, in the gradient of a product with respect to its first operand. */
function costOf(a: Shape, b: Shape) {
  const { nodes } = trace({ inputs: { a: { shape: a }, b: { shape: b } } }, (ops, { inputs }) => {
    const product = ops.matmul(inputs['a']!, inputs['b']!);
    return { g: gradients(ops, ops.sum(product), [inputs['a']!])[0]! };
  });
  return nodes
    .filter(({ op, output }) => ['transpose', 'sum', 'matmul'].includes(op) && output.shape.length > 0)
    .map(({ op, output }) => `${op} ${sizeOf(output.shape as number[])}`);
}

describe('gradient of an operand that many matrices share', () => {
  it('is one product that also sums over them where their turned copies are smaller than the products', () => {
    const products = 64 * 256 * 256;
    const [gradient, other] = [64 * 256 * 2, 64 * 256 * 2];
    expect(gradient + other).toBeLessThan(products);
    const cost = [`transpose ${gradient}`, `transpose ${other}`, `matmul ${256 * 256}`];
    expect(costOf([256, 256], [64, 256, 2])).toEqual(cost);
    expect(costOf([1, 1, 256, 256], [1, 64, 256, 2])).toEqual(cost);
  });

  it('is the sum of their products where these are smaller, or few', () => {
    expect(costOf([256, 256], [64, 256, 512])).toEqual([`matmul ${64 * 256 * 256}`, `sum ${256 * 256}`]);
    expect(costOf([5, 20], [8, 20, 2])).toEqual([`matmul ${8 * 5 * 20}`, `sum ${5 * 20}`]);
  });

  it('moves nothing where the matrices lie one after the other', () => {
    expect(costOf([1, 5, 20], [1, 20, 2])).toEqual([`matmul ${5 * 20}`]);
  });

  it.each([
    { transposeA: false, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: false },
    { transposeA: true, transposeB: true },
  ])('has the values of the sum: %o', async (flags) => {
    // Shared [256, 256] times 64 columns, and 64 rows times shared: of each shared number the gradient is a sum of 64 products.
    const [count, size] = [64, 256];
    const random = createRandom(5);
    const numbers = (shape: number[]) =>
      float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
      );
    const inputs = {
      shared: numbers([size, size]),
      columns: numbers(flags.transposeB ? [count, 1, size] : [count, size, 1]),
      rows: numbers(flags.transposeA ? [count, size, 1] : [count, 1, size]),
      weights: numbers([count, size]),
    };
    const spec = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, { shape }]));
    const graph = trace({ inputs: spec }, (ops, { inputs: { shared, columns, rows, weights } }) => {
      const weigh = (product: typeof shared) =>
        ops.sum(ops.mul(ops.reshape(product!, [count, size]), weights!));
      return {
        first: gradients(ops, weigh(ops.matmul(shared!, columns!, flags)), [shared!])[0]!,
        second: gradients(ops, weigh(ops.matmul(rows!, shared!, flags)), [shared!])[0]!,
      };
    });
    const { first, second } = await runToHost(await createReferenceBackend().compile(graph), inputs);
    const { columns, rows, weights } = inputs;
    /** Sum over the matrices of what their output at `i` weighs times their number at `j`. */
    const expected = (other: Float32Array, i: number, j: number) => {
      let sum = 0;
      for (let f = 0; f < count; f++) sum += weights.data[f * size + i]! * other[f * size + j]!;
      return sum;
    };
    for (const [i, j] of [
      [0, 0],
      [3, 200],
      [255, 17],
    ] as const) {
      const [firstAt, secondAt] = [flags.transposeA ? [j, i] : [i, j], flags.transposeB ? [i, j] : [j, i]];
      expect(first!.data[firstAt[0]! * size + firstAt[1]!]).toBeCloseTo(expected(columns.data, i, j), 4);
      expect(second!.data[secondAt[0]! * size + secondAt[1]!]).toBeCloseTo(expected(rows.data, i, j), 4);
    }
  });
});
