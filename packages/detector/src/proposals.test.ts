import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG } from './config.js';
import { nonMaximumSuppression } from './nms.js';
import { MICRO_CONFIG } from './__fixtures__/micro.js';
import { intersectionArea, pairwiseIou } from './iou.js';
import { createBatchProposals, createProposals, topK } from './proposals.js';

describe('pairwiseIou', () => {
  it('divides the shared area by the joint area', () => {
    const iou = pairwiseIou(Float32Array.of(0, 0, 2, 2), Float32Array.of(1, 1, 3, 3, 0, 0, 2, 2, 5, 5, 6, 6));
    expect(iou[0]).toBeCloseTo(1 / 7, 12);
    expect(Array.from(iou.subarray(1))).toEqual([1, 0]);
  });
});

describe('intersectionArea', () => {
  it('is nothing for boxes that lie apart in one direction or in both', () => {
    const box = Float32Array.of(0, 0, 2, 2);
    for (const other of [
      Float32Array.of(5, 0, 6, 2),
      Float32Array.of(0, 5, 2, 6),
      Float32Array.of(5, 5, 6, 6),
    ])
      expect(intersectionArea(box, 0, other, 0)).toBe(0);
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

  const apart = Float32Array.of(0, 0, 10, 10, 20, 0, 30, 10, 40, 0, 50, 10, 40, 40, 50, 50);
  const numProposals = (preNms: number, postNms: number, minBoxSize = 1) =>
    createProposals({ objectness: Float32Array.of(4, 3, 2, 1), boxDeltas: new Float32Array(16) }, apart, {
      config: { ...DEFAULT_DETECTOR_CONFIG.rpn, minBoxSize },
      limits: { preNms, postNms },
      inputSize: { height: 64, width: 64 },
    }).scores.length;

  it('takes preNms boxes into the suppression and postNms out of it', () => {
    expect(numProposals(2, 4)).toBe(2);
    expect(numProposals(4, 3)).toBe(3);
  });

  it('keeps boxes exactly as wide and high as the smallest', () => {
    expect(numProposals(4, 4, 10)).toBe(4);
    expect(numProposals(4, 4, 10.5)).toBe(0);
  });
});

describe('createBatchProposals', () => {
  const inputSize = { height: 64, width: 64 };
  const output = { objectness: new Float32Array(32), boxDeltas: new Float32Array(128) };

  it('allows as many boxes as the mode does', () => {
    const count = (mode: 'training' | 'evaluation') =>
      createBatchProposals(output, MICRO_CONFIG, { mode, inputSize }).map(({ scores }) => scores.length);
    expect(count('training')).toEqual([16, 16]);
    expect(count('evaluation')).toEqual([4, 4]);
  });

  it('reads objectness and offsets of each image', () => {
    const objectness = output.objectness.map((_, index) => (index < 16 ? 0 : 2));
    const boxDeltas = output.boxDeltas.map((_, index) => (index < 64 ? 0 : 0.1));
    const [first, second] = createBatchProposals({ objectness, boxDeltas }, MICRO_CONFIG, {
      mode: 'evaluation',
      inputSize,
    });
    expect([first!.scores[0], second!.scores[0]]).toEqual([0.5, expect.closeTo(1 / (1 + Math.exp(-2)), 6)]);
    expect(first!.boxes).not.toEqual(second!.boxes);
  });
});
