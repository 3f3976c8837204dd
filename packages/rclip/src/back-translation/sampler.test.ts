import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { createSampler, drawToken } from './sampler.js';

const scores = Float32Array.of(0, 2, 1, -Infinity, 1);

/** Shares of the tokens in 5000 draws; a standard deviation is at most 0.0071, so 0.03 is more than four. */
function shares(settings: { temperature: number; topK: number }): number[] {
  const random = createRandom(3);
  const counts = new Array<number>(scores.length).fill(0);
  for (let draw = 0; draw < 5000; draw++) counts[drawToken(scores, { ...settings, random })]! += 1 / 5000;
  return counts;
}

function expectShares(actual: readonly number[], weights: readonly number[]): void {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  weights.forEach((weight, token) => expect(Math.abs(actual[token]! - weight / sum)).toBeLessThan(0.03));
}

describe('drawing a token', () => {
  it('follows the softmax at the temperature', () => {
    expectShares(shares({ temperature: 1, topK: 9 }), [1, Math.E ** 2, Math.E, 0, Math.E]);
    expectShares(shares({ temperature: 2, topK: 9 }), [1, Math.E, Math.sqrt(Math.E), 0, Math.sqrt(Math.E)]);
  });

  it('is limited to the most likely tokens', () => {
    expectShares(shares({ temperature: 1, topK: 2 }), [0, Math.E, 1, 0, 0]);
  });

  it('takes the most likely token at temperature 0', () => {
    expect(shares({ temperature: 0, topK: 9 })[1]).toBeCloseTo(1, 9);
  });
});

describe('a sampling step', () => {
  const step = (seeds: readonly number[], rows: readonly (readonly bigint[])[], signal?: AbortSignal) => {
    const data = Float32Array.from(rows.flatMap(() => [...scores]));
    const sampler = createSampler({ seeds, temperature: 1, topK: 5, endId: 0, signal });
    sampler(rows, { dims: [rows.length, scores.length], data });
    return rows.map((_, row) => [...data.subarray(row * scores.length, (row + 1) * scores.length)]);
  };

  it('leaves one token per text, drawn with its own seed', () => {
    const [first, second, third] = step([1, 2, 1], [[4n], [4n], [4n]]);
    for (const row of [first!, second!]) expect(row.filter((score) => score === 0).length).toBe(1);
    expect(third).toEqual(first);
    expect(step([1], [[4n]])[0]).toEqual(first);
  });

  it('ends for good: a text that has ended goes on with the end', () => {
    const rows = step([1, 1], [[4n, 1n, 0n], [0n]]);
    expect(rows[0]![0]).toBe(0);
    expect(Math.max(...rows[0]!.slice(1))).toBe(-Infinity);
    // The second one has only begun, with the token that also ends texts.
    expect(rows[1]).toEqual(step([1], [[4n]])[0]);
  });

  it('stops where the signal says so', () => {
    const reason = new Error('enough');
    expect(() => step([1], [[4n]], AbortSignal.abort(reason))).toThrow(reason);
  });
});
