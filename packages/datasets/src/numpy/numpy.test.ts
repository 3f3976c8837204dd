import { describe, expect, it } from 'vitest';
import { createMersenneTwister } from './mersenne-twister.js';
import { randomPermutation } from './random-state.js';
import { sampleFraction, splitTrainTest } from './shares.js';

describe('the random numbers of NumPy', () => {
  it('are those of MT19937: the 10,000th under the seed 5489 is the one that its authors and the C++ standard state', () => {
    const next = createMersenneTwister(5489);
    for (let count = 1; count < 10_000; count++) next();
    expect(next()).toBe(4_123_659_995);
  });

  it('order rows as RandomState(0).permutation(10) does', () => {
    expect([...randomPermutation(10, 0)]).toEqual([2, 8, 4, 9, 1, 6, 7, 3, 0, 5]);
  });

  it('order no row and one row', () => {
    expect([...randomPermutation(0, 0)]).toEqual([]);
    expect([...randomPermutation(1, 0)]).toEqual([0]);
  });

  it('order every row once, by the seed', () => {
    const order = randomPermutation(1000, 7);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(randomPermutation(1000, 8)).not.toEqual(order);
  });

  it('refuse a count or seed that NumPy refuses', () => {
    expect(() => randomPermutation(2.5, 0)).toThrow('expected n as a whole number');
    expect(() => randomPermutation(2, -1)).toThrow('expected seed as a whole number');
    expect(() => randomPermutation(2, 2 ** 32)).toThrow('got 4294967296');
  });
});

describe('shares of rows', () => {
  it('of a split round the held-out side up: 3 of 10 at 0.25, from the front of the permutation', () => {
    const { train, test } = splitTrainTest(10, 0.25, 0);
    expect([...test]).toEqual([2, 8, 4]);
    expect([...train]).toEqual([9, 1, 6, 7, 3, 0, 5]);
  });

  it('of a sample round half to even: 2 of 5 and 2 of 3 at 0.5, from the front of the permutation of seed 1', () => {
    expect([...sampleFraction(5, 0.5)]).toEqual([...randomPermutation(5, 1)].slice(0, 2));
    expect(sampleFraction(3, 0.5)).toHaveLength(2);
    expect([...sampleFraction(14, 0.5)]).toEqual([3, 7, 6, 2, 10, 4, 1]);
  });

  it('of 1 and more take every row in its order', () => {
    expect([...sampleFraction(4, 1)]).toEqual([0, 1, 2, 3]);
  });

  it('outside 0 to 1 are refused', () => {
    expect(() => sampleFraction(4, 0)).toThrow('between 0 and 1, got 0');
    expect(() => splitTrainTest(4, 1, 0)).toThrow('between 0 and 1, got 1');
  });
});
