import { describe, expect, it } from 'vitest';
import golden from './__fixtures__/proposals.json' with { type: 'json' };
import { createAnchors } from './anchors.js';
import { DEFAULT_DETECTOR_CONFIG, anchorsPerCell, featureSize } from './config.js';
import { createProposals } from './proposals.js';
import { lowestIndexSampler } from './samplers.js';
import { assignTargets } from './targets.js';

const config = DEFAULT_DETECTOR_CONFIG;
const { inputSize } = golden;

function decodeFloats(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

/** A map `[A * width, h, w]` in anchor order. */
function inAnchorOrder(map: Float32Array, width: number): Float32Array {
  const { height, width: columns } = featureSize(inputSize);
  const cells = height * columns;
  const perCell = anchorsPerCell(config) * width;
  return Float32Array.from(map, (_, i) => map[(i % perCell) * cells + Math.floor(i / perCell)]!);
}

const output = {
  objectness: inAnchorOrder(decodeFloats(golden.objectnessMap), 1),
  boxDeltas: inAnchorOrder(decodeFloats(golden.boxDeltasMap), 4),
};

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

describe('the reference program', () => {
  it('proposes the same boxes in the same order', () => {
    const options = { config: config.rpn, limits: config.rpn.evaluation, inputSize };
    const { boxes, scores } = createProposals(output, createAnchors(config, inputSize), options);
    const expected = decodeFloats(golden.proposals);
    expect(boxes.length).toBe(expected.length);
    expect(largestDifference(boxes, expected)).toBeLessThan(1e-3);
    expect(largestDifference(scores, decodeFloats(golden.scores))).toBeLessThan(1e-6);
  });

  it('chooses the same anchors and boxes to learn from', () => {
    const truth = {
      boxes: Float32Array.from(golden.gtBoxes),
      regions: Int32Array.from(golden.gtLabels, (label) => label - 1),
    };
    const [targets] = assignTargets(output, [truth], {
      config,
      inputSize,
      mode: 'evaluation',
      sampler: lowestIndexSampler,
    });
    expect(targets!.rpn.positives).toEqual(golden.rpnPositives);
    expect(targets!.rpn.negatives).toEqual(golden.rpnNegatives);
    expect(Array.from(targets!.roi.labels)).toEqual(golden.roiLabels);
    expect(largestDifference(targets!.roi.boxes, decodeFloats(golden.roiBoxes))).toBeLessThan(1e-3);
  });
});
