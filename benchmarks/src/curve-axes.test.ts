import { describe, expect, it } from 'vitest';
import { amountOf, AXES, fitLine, PLANS } from './curve-axes.js';

describe('curves of cost', () => {
  it('have a point at what stands still for every axis, so that all share one', () => {
    for (const { base, values } of Object.values(PLANS))
      for (const axis of AXES) expect(values[axis]).toContain(base[axis]);
  });

  it('are told as a fixed cost and one for each, by least squares', () => {
    const { fixed, each } = fitLine([
      [1, 5],
      [2, 7],
      [4, 11],
    ]);
    expect(fixed).toBeCloseTo(3, 12);
    expect(each).toBeCloseTo(2, 12);
    // Worked out by hand: means 1 and 4/3, sum of products 1, of squares 2.
    expect(
      fitLine([
        [0, 1],
        [1, 1],
        [2, 2],
      ]),
    ).toEqual({ fixed: expect.closeTo(5 / 6, 12) as number, each: 0.5 });
  });

  it('count the area of an image, not its side', () => {
    expect(amountOf('pixels', 1000)).toBe(1);
    expect(amountOf('films', 8)).toBe(8);
  });
});
