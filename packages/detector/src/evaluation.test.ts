import { describe, expect, it } from 'vitest';
import { createDetectionEvaluator } from './evaluation.js';

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

describe('createDetectionEvaluator', () => {
  it('divides summed intersections by summed unions', () => {
    const evaluator = createDetectionEvaluator(1);
    evaluator.add({ boxes: [box(0, 0, 10, 10)], isDetected: [true], expected: [box(0, 0, 10, 10)] }); // 100 / 100
    evaluator.add({ boxes: [box(0, 0, 1, 1)], isDetected: [true], expected: [box(0, 0, 1, 4)] }); // 1 / 4
    expect(evaluator.scores().regionIou[0]).toBeCloseTo(101 / 104, 12);
  });

  it('lets the arbitrary box of an undetected region count in the union only', () => {
    const evaluator = createDetectionEvaluator(2);
    evaluator.add({
      boxes: [box(0, 0, 2, 2), box(0, 0, 2, 2)],
      isDetected: [false, true],
      expected: [box(0, 0, 2, 2), box(0, 0, 2, 2)],
    });
    const scores = evaluator.scores();
    expect(scores.regionIou).toEqual([0, 1]);
    expect(scores.averageIou).toBeCloseTo(4 / 12, 12);
    expect(scores.detectedRegionsPerImage).toBe(1);
  });

  it('leaves a region without annotation out of the sums, not out of the count', () => {
    const evaluator = createDetectionEvaluator(2);
    evaluator.add({
      boxes: [box(0, 0, 2, 2), box(0, 0, 2, 2)],
      isDetected: [true, true],
      expected: [undefined, box(0, 0, 2, 2)],
    });
    expect(evaluator.scores()).toEqual({
      regionIou: [undefined, 1],
      averageIou: 1,
      detectedRegionsPerImage: 2,
      numImages: 1,
    });
  });

  it('gives no number for an empty set', () => {
    expect(createDetectionEvaluator(1).scores().averageIou).toBeUndefined();
  });
});
