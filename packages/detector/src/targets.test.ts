import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG, parseDetectorConfig } from './config.js';
import { MICRO_CONFIG } from './__fixtures__/micro.js';
import { IGNORED_MATCH, NO_MATCH, matchBoxes } from './matcher.js';
import { packTargets, rpnRows } from './pack-targets.js';
import { createRandomSampler, lowestIndexSampler, sampleBalanced } from './samplers.js';
import { assignRoiTargets, assignRpnTargets, assignTargets } from './targets.js';

const thresholds = { positiveIou: 0.7, negativeIou: 0.3 };

describe('matchBoxes', () => {
  const target = Float32Array.of(0, 0, 10, 10);
  // IoU with the target: 0.8, 0.5, 0.2.
  const boxes = Float32Array.of(0, 0, 10, 8, 0, 0, 10, 5, 0, 0, 10, 2);

  it('separates positive, ignored and negative', () => {
    expect(Array.from(matchBoxes(boxes, target, thresholds))).toEqual([0, IGNORED_MATCH, NO_MATCH]);
  });

  it('matches from the positive limit on and leaves out only what is below the negative one', () => {
    const half = Float32Array.of(0, 0, 10, 5);
    const exact = (positiveIou: number, negativeIou: number) =>
      matchBoxes(half, target, { positiveIou, negativeIou })[0];
    expect(exact(0.5, 0.25)).toBe(0);
    expect(exact(0.75, 0.5)).toBe(IGNORED_MATCH);
    expect(exact(0.75, 0.51)).toBe(NO_MATCH);
  });

  it('gives a box with equal overlaps to the lower target', () => {
    const twins = Float32Array.of(0, 0, 10, 10, 0, 0, 10, 10);
    expect(matchBoxes(target, twins, thresholds)[0]).toBe(0);
  });

  it('promotes all boxes that share the best overlap of a target', () => {
    const weak = Float32Array.of(0, 0, 10, 5, 0, 5, 10, 10, 0, 0, 10, 2);
    expect(Array.from(matchBoxes(weak, target, thresholds))).toEqual([
      IGNORED_MATCH,
      IGNORED_MATCH,
      NO_MATCH,
    ]);
    expect(Array.from(matchBoxes(weak, target, { ...thresholds, allowLowQuality: true }))).toEqual([
      0,
      0,
      NO_MATCH,
    ]);
  });

  it('matches a promoted box to the target that the box itself overlaps most', () => {
    // The one box is the best that the second target gets, but overlaps the first more.
    const targets = Float32Array.of(0, 0, 10, 8, 0, 0, 10, 2);
    expect(
      Array.from(
        matchBoxes(Float32Array.of(0, 0, 10, 10), targets, { ...thresholds, allowLowQuality: true }),
      ),
    ).toEqual([0]);
  });

  it('promotes nothing for a target that no box touches', () => {
    const far = Float32Array.of(500, 500, 510, 510);
    expect(Array.from(matchBoxes(boxes, far, { ...thresholds, allowLowQuality: true }))).toEqual([
      NO_MATCH,
      NO_MATCH,
      NO_MATCH,
    ]);
  });

  it('matches nothing without targets', () => {
    expect(Array.from(matchBoxes(boxes, new Float32Array(0), thresholds))).toEqual([
      NO_MATCH,
      NO_MATCH,
      NO_MATCH,
    ]);
  });
});

describe('samplers', () => {
  const options = { size: 4, positiveFraction: 0.5 };

  it('fill up with negatives where positives are few', () => {
    const sample = sampleBalanced(
      { positives: [9], negatives: [3, 1, 2, 0] },
      { ...options, sampler: lowestIndexSampler },
    );
    expect(sample).toEqual({ positives: [9], negatives: [0, 1, 2] });
  });

  it('cap the positives', () => {
    const sample = sampleBalanced(
      { positives: [5, 6, 7], negatives: [1] },
      { ...options, sampler: lowestIndexSampler },
    );
    expect(sample).toEqual({ positives: [5, 6], negatives: [1] });
  });

  it('round the number of positives down', () => {
    const candidates = { positives: [1, 2], negatives: [3, 4] };
    const sample = sampleBalanced(candidates, {
      size: 3,
      positiveFraction: 0.5,
      sampler: lowestIndexSampler,
    });
    expect(sample).toEqual({ positives: [1], negatives: [3, 4] });
  });

  it('choose in rising order and leave the candidates as they were', () => {
    const candidates = [...Array(50).keys()];
    const chosen = createRandomSampler(createRandom(8))(candidates, 10);
    expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
    expect(candidates).toEqual([...Array(50).keys()]);
  });

  it('choose every candidate equally often at random, and repeat with the seed', () => {
    const counts = [0, 0, 0, 0];
    const sampler = createRandomSampler(createRandom(3));
    for (let i = 0; i < 4000; i++) for (const index of sampler([0, 1, 2, 3], 2)) counts[index]! += 1;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(150);
    const draw = () => createRandomSampler(createRandom(8))([...Array(50).keys()], 10);
    expect(draw()).toEqual(draw());
    expect(new Set(draw()).size).toBe(10);
  });
});

describe('targets', () => {
  const config = parseDetectorConfig({ rpn: { sampleSize: 4 }, roi: { sampleSize: 4 } });
  const truth = { boxes: Float32Array.of(0, 0, 10, 10), regions: Int32Array.of(28) };

  it('teach the anchors their offset to the box', () => {
    const anchors = Float32Array.of(100, 100, 110, 110, 0, 0, 10, 9, 0, 0, 10, 5, 200, 0, 210, 10);
    const targets = assignRpnTargets(anchors, truth, config.rpn, lowestIndexSampler);
    expect(targets.positives).toEqual([1]);
    expect(targets.negatives).toEqual([0, 3]);
    expect(Array.from(targets.boxDeltas)).toEqual([
      0,
      expect.closeTo(0.5 / 9, 6),
      0,
      expect.closeTo(Math.log(10 / 9), 6),
    ]);
  });

  it('add the annotated boxes to the proposals and label by region index + 1', () => {
    const proposals = Float32Array.of(50, 50, 60, 60, 0, 0, 10, 5);
    const targets = assignRoiTargets(proposals, truth, config.roi, lowestIndexSampler);
    // A quarter of 4 rows may be positive: the proposal with IoU exactly 0.5 comes before the annotated box.
    expect(Array.from(targets.labels)).toEqual([0, 29]);
    expect(Array.from(targets.boxes)).toEqual(Array.from(proposals));
    expect(targets.boxDeltas[5]).toBeCloseTo((10 * 2.5) / 5, 5);
    expect(targets.boxDeltas[7]).toBeCloseTo(5 * Math.log(2), 5);
    expect(Array.from(targets.boxDeltas.subarray(0, 4))).toEqual([0, 0, 0, 0]);
  });

  it('make everything background in an image without annotations', () => {
    const none = { boxes: new Float32Array(0), regions: new Int32Array(0) };
    const proposals = Float32Array.of(50, 50, 60, 60);
    expect(Array.from(assignRoiTargets(proposals, none, config.roi, lowestIndexSampler).labels)).toEqual([0]);
    expect(assignRpnTargets(proposals, none, config.rpn, lowestIndexSampler)).toEqual({
      positives: [],
      negatives: [0],
      boxDeltas: new Float32Array(0),
    });
  });

  it('leave out an unmatched anchor that could be of a region that was not annotated', () => {
    const picture = { x1: 0, y1: 0, x2: 100, y2: 100 };
    // The matched one; in the picture; 40 % and 20 % of it in the picture; outside.
    const anchors = Float32Array.of(
      ...[0, 0, 10, 9, 60, 60, 80, 80],
      ...[92, 50, 112, 70, 96, 50, 116, 70, 100, 0, 120, 20],
    );
    const whole = assignRpnTargets(anchors, truth, { ...config.rpn, sampleSize: 8 }, lowestIndexSampler);
    expect([whole.positives, whole.negatives]).toEqual([[0], [1, 2, 3, 4]]);
    const partial = { ...truth, partialIn: picture };
    const some = assignRpnTargets(anchors, partial, { ...config.rpn, sampleSize: 8 }, lowestIndexSampler);
    expect([some.positives, some.negatives]).toEqual([[0], [3, 4]]);
  });

  it('come from as many proposals as the mode allows', () => {
    const output = { objectness: new Float32Array(16), boxDeltas: new Float32Array(64) };
    const none = { boxes: new Float32Array(0), regions: new Int32Array(0) };
    const rows = (mode: 'training' | 'evaluation') =>
      assignTargets(output, [none], {
        config: MICRO_CONFIG,
        inputSize: { height: 64, width: 64 },
        mode,
        sampler: lowestIndexSampler,
      })[0]!.roi.labels.length;
    expect([rows('training'), rows('evaluation')]).toEqual([6, 4]);
  });

  it('have one padded row of positives at least', () => {
    expect(rpnRows(parseDetectorConfig({ rpn: { sampleSize: 1 } }))).toEqual({ anchors: 1, positives: 1 });
  });

  it('are padded with rows of weight 0', () => {
    const roi = assignRoiTargets(Float32Array.of(50, 50, 60, 60), truth, config.roi, lowestIndexSampler);
    const rpn = assignRpnTargets(
      Float32Array.of(0, 0, 10, 9, 90, 90, 99, 99),
      truth,
      config.rpn,
      lowestIndexSampler,
    );
    const packed = packTargets([{ rpn, roi }], config);
    expect(Array.from(packed.rpnIndices.data)).toEqual([0, 1, 0, 0]);
    expect(Array.from(packed.rpnLabels.data)).toEqual([1, 0, 0, 0]);
    expect(Array.from(packed.rpnWeights.data)).toEqual([1, 1, 0, 0]);
    expect(packed.rpnBoxDeltas.shape).toEqual([1, 2, 4]);
    expect(Array.from(packed.rpnBoxWeights.data)).toEqual([1, 0]);
    expect(Array.from(packed.roiLabels.data)).toEqual([0, 29, 0, 0]);
    expect(Array.from(packed.roiWeights.data)).toEqual([1, 1, 0, 0]);
    expect(DEFAULT_DETECTOR_CONFIG.roi.sampleSize).toBe(512);
  });
});
