import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { createInverseDct } from './inverse-dct.js';

/** ITU-T T.81, A.3.3, as it is written there. */
function exact(coefficients: Float64Array): number[] {
  const scale = (k: number) => (k === 0 ? Math.SQRT1_2 : 1);
  const wave = (x: number, k: number) => scale(k) * Math.cos(((2 * x + 1) * k * Math.PI) / 16);
  return Array.from({ length: 64 }, (_, at) => {
    let sum = 0;
    for (let v = 0; v < 8; v++)
      for (let u = 0; u < 8; u++) sum += coefficients[v * 8 + u]! * wave(at & 7, u) * wave(at >> 3, v);
    return sum / 4;
  });
}

describe('the inverse cosine transform', () => {
  it.each([8, 12])('is at most one level from the exact one, for samples of %i bits', (bitDepth) => {
    const random = createRandom(bitDepth);
    const range = 2 ** bitDepth;
    for (let round = 0; round < 200; round++) {
      const block = Float64Array.from({ length: 64 }, () => random.integer(range) - range / 2);
      const wanted = exact(block);
      createInverseDct(bitDepth)(block);
      for (const [at, value] of block.entries()) expect(Math.abs(value - wanted[at]!)).toBeLessThan(1.05);
    }
  });

  it('rounds a flat block to the nearest level, halves up', () => {
    const flat = (mean: number) => {
      const block = new Float64Array(64);
      block[0] = mean;
      createInverseDct(8)(block);
      expect(new Set(block).size).toBe(1);
      return block[0];
    };
    expect([11, 12, -12, -13].map(flat)).toEqual([1, 2, -1, -2]);
  });
});
