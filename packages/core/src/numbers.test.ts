import { describe, expect, it } from 'vitest';
import { roundHalfToEven, sigmoid } from './numbers.js';

describe('roundHalfToEven', () => {
  it('rounds halves to the even neighbour, on both sides of 0, and everything else to the nearest', () => {
    const values = [0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2.51, -2.49, 7];
    expect(values.map((value) => roundHalfToEven(value) + 0)).toEqual([0, 2, 2, 4, 0, -2, -2, 0, 3, -2, 7]);
  });
});

describe('sigmoid', () => {
  it('has its known values and keeps the digits of tiny probabilities', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(Math.LN2)).toBeCloseTo(2 / 3, 15);
    expect(sigmoid(-Math.LN2)).toBeCloseTo(1 / 3, 15);
    expect(sigmoid(-720)).toBe(Math.exp(-720));
    expect([sigmoid(-Infinity), sigmoid(Infinity), sigmoid(NaN)]).toEqual([0, 1, NaN]);
  });
});
