import { describe, expect, it } from 'vitest';
import { isOrdered, usableBox } from './boxes.js';

const size = { width: 100, height: 50 };
const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

describe('a box of a scene graph', () => {
  it('inside the picture stays', () => {
    expect(usableBox(box(1, 2, 99, 49), size)).toEqual(box(1, 2, 99, 49));
  });

  it('over the border is cut to 0..W and 0..H', () => {
    expect(usableBox(box(-5, -1, 101, 60), size)).toEqual(box(0, 0, 100, 50));
  });

  it('without area is faulty', () => {
    expect(usableBox(box(7, 2, 7, 9), size)).toBeNull();
    expect(usableBox(box(2, 7, 9, 7), size)).toBeNull();
  });

  it('on the border is faulty: x2 = 0, y2 = 0, x1 = W, y1 = H', () => {
    expect(usableBox(box(-4, 2, 0, 9), size)).toBeNull();
    expect(usableBox(box(2, -4, 9, 0), size)).toBeNull();
    expect(usableBox(box(100, 2, 120, 9), size)).toBeNull();
    expect(usableBox(box(2, 50, 9, 70), size)).toBeNull();
    expect(usableBox(box(99, 49, 120, 70), size)).toEqual(box(99, 49, 100, 50));
  });

  it('with x1 > x2 or y1 > y2 is kept as it is, and is not in order', () => {
    expect(usableBox(box(9, 2, 7, 9), size)).toEqual(box(9, 2, 7, 9));
    expect(isOrdered(box(9, 2, 7, 9))).toBe(false);
    expect(isOrdered(box(2, 9, 7, 9))).toBe(false);
    expect(isOrdered(box(2, 8, 7, 9))).toBe(true);
  });
});
