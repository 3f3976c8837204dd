import { describe, expect, it } from 'vitest';
import { boxArea, boxIntersection, boxIou, clipBox } from './index.js';

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });
const size = { width: 100, height: 60 };

describe('boxArea', () => {
  it('is width times height, and 0 for a box that is inverted along either axis or both', () => {
    expect(boxArea(box(1, 2, 4, 6))).toBe(12);
    expect(boxArea(box(4, 2, 1, 6))).toBe(0);
    expect(boxArea(box(1, 6, 4, 2))).toBe(0);
    expect(boxArea(box(4, 6, 1, 2))).toBe(0);
  });
});

describe('boxIntersection and boxIou', () => {
  it('are 0 for boxes apart along one axis or both, and for boxes that touch', () => {
    const first = box(0, 0, 10, 10);
    for (const other of [box(20, 0, 30, 10), box(0, 20, 10, 30), box(20, 20, 30, 30), box(10, 0, 20, 10)]) {
      expect(boxIntersection(first, other)).toBe(0);
      expect(boxIou(first, other)).toBe(0);
    }
  });

  it('measure what two boxes share', () => {
    expect(boxIntersection(box(0, 0, 10, 10), box(5, 8, 20, 20))).toBe(10);
    expect(boxIou(box(0, 0, 10, 10), box(0, 0, 10, 5))).toBe(0.5);
  });

  it('are 0 for two empty boxes', () => {
    expect(boxIou(box(3, 3, 3, 3), box(3, 3, 3, 3))).toBe(0);
  });
});

describe('clipBox', () => {
  it('leaves a box inside the picture as it is', () => {
    expect(clipBox(box(1.5, 2, 99.5, 60), size)).toEqual(box(1.5, 2, 99.5, 60));
  });

  it('cuts at each side, by width across and by height down', () => {
    expect(clipBox(box(-5, -6, 300, 200), size)).toEqual(box(0, 0, 100, 60));
    expect(clipBox(box(10, 70, 90, 80), size)).toEqual(box(10, 60, 90, 60));
    expect(clipBox(box(120, 10, 130, 20), size)).toEqual(box(100, 10, 100, 20));
    expect(clipBox(box(-9, 10, -1, 20), size)).toEqual(box(0, 10, 0, 20));
    expect(clipBox(box(10, -9, 20, -1), size)).toEqual(box(10, 0, 20, 0));
  });
});
