import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG } from './config.js';
import { nonMaximumSuppression } from './nms.js';
import { pairwiseIou } from './iou.js';
import { createProposals, topK } from './proposals.js';

describe('pairwiseIou', () => {
  it('divides the shared area by the joint area', () => {
    const iou = pairwiseIou(Float32Array.of(0, 0, 2, 2), Float32Array.of(1, 1, 3, 3, 0, 0, 2, 2, 5, 5, 6, 6));
    expect(iou[0]).toBeCloseTo(1 / 7, 12);
    expect(Array.from(iou.subarray(1))).toEqual([1, 0]);
  });
});

describe('nonMaximumSuppression', () => {
  // Row 1 overlaps row 0 by 0.8, row 2 overlaps row 1 by 0.8 and row 0 by 0.6.
  const boxes = Float32Array.of(0, 0, 10, 10, 0, 0, 10, 8, 0, 0, 10, 6.4, 50, 50, 60, 60);

  it('suppresses only what a kept box overlaps', () => {
    expect(Array.from(nonMaximumSuppression(boxes, { iouThreshold: 0.7, limit: 10 }))).toEqual([0, 2, 3]);
  });

  it('keeps a box that overlaps exactly by the threshold', () => {
    const halves = Float32Array.of(0, 0, 2, 2, 0, 0, 2, 1);
    expect(Array.from(nonMaximumSuppression(halves, { iouThreshold: 0.5, limit: 10 }))).toEqual([0, 1]);
  });

  it('stops at the limit', () => {
    expect(Array.from(nonMaximumSuppression(boxes, { iouThreshold: 0.7, limit: 2 }))).toEqual([0, 2]);
  });

  it('gives nothing for nothing', () => {
    expect(nonMaximumSuppression(new Float32Array(0), { iouThreshold: 0.7, limit: 10 }).length).toBe(0);
  });
});

describe('topK', () => {
  it('sorts by value, equal values by index', () => {
    expect(Array.from(topK(Float32Array.of(1, 5, 3, 5, -2), 3))).toEqual([1, 3, 2]);
    expect(Array.from(topK(Float32Array.of(2, 2, 2), 2))).toEqual([0, 1]);
    expect(Array.from(topK(Float32Array.of(2, 7), 9))).toEqual([1, 0]);
  });
});

describe('createProposals', () => {
  it('clips, drops what lies outside and suppresses', () => {
    const anchors = Float32Array.of(-10, -10, 40, 40, 100, 100, 120, 120, 0, 0, 40, 39, 10, 10, 20, 20);
    const output = { objectness: Float32Array.of(2, 3, 1, 0), boxDeltas: new Float32Array(16) };
    const { boxes, scores } = createProposals(output, anchors, {
      config: DEFAULT_DETECTOR_CONFIG.rpn,
      limits: { preNms: 4, postNms: 4 },
      inputSize: { height: 64, width: 64 },
    });
    expect(Array.from(boxes)).toEqual([0, 0, 40, 40, 10, 10, 20, 20]);
    expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(scores[1]).toBe(0.5);
  });
});
