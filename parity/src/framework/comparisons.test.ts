import { describe, expect, it } from 'vitest';
import { countDifferences, defaultTolerance, largestError, pair, relativeL2 } from './comparisons.js';

describe('the tolerance of a comparison', () => {
  const info = { shape: [2], absmax: 10, torch_fp32_maxabs_err: 1e-5 };

  it('is a multiple of the error that the reference has in float32', () => {
    expect(defaultTolerance(info, 'logits', 10, 'logits')).toBeCloseTo(1e-4, 12);
    expect(defaultTolerance(info, 'logits', 50, 'logits')).toBeCloseTo(5e-4, 12);
  });

  it('is at least 2e-6 of the largest value, which the least and the greatest tell too', () => {
    const exact = { ...info, torch_fp32_maxabs_err: 0 };
    expect(defaultTolerance(exact, 'logits', 10, 'logits')).toBeCloseTo(2e-5, 12);
    const { absmax: _, ...signed } = { ...exact, min: -30, max: 4 };
    expect(defaultTolerance(signed, 'logits', 10, 'logits')).toBeCloseTo(6e-5, 12);
  });

  it('is 1e-5 of the largest of given numbers, and must be said for a tensor without a measured error', () => {
    expect(defaultTolerance(undefined, [1, 20], 10, 'means')).toBeCloseTo(2e-4, 12);
    expect(() => defaultTolerance({ shape: [2] }, 'logits', 10, 'logits')).toThrow(
      'the sidecar states no float32 error for "logits"',
    );
  });
});

describe('errors of a comparison', () => {
  it('are the largest absolute difference, and without end where only one side is a number', () => {
    expect(largestError([1, -2, 3], [1, 2, 3.5])).toBe(4);
    expect(largestError([NaN, Infinity], [NaN, Infinity])).toBe(0);
    expect(largestError([NaN], [0])).toBe(Infinity);
    expect(largestError([0], [NaN])).toBe(Infinity);
  });

  it('are a number of places for whole numbers and flags', () => {
    expect(countDifferences([1, 0, 1], [true, true, true])).toBe(1);
  });

  it('are relative to the norm of the expected numbers, and endless where that is 0 and ours is not', () => {
    expect(relativeL2([3, 4.5], [3, 4])).toBeCloseTo(0.1, 12);
    expect(relativeL2([0], [0])).toBe(0);
    expect(relativeL2([1], [0])).toBe(Infinity);
  });

  it('are not measured between lists of different lengths', () => {
    expect(pair([1], [1, 2])).toEqual({ mismatch: '1 elements instead of 2' });
  });
});
