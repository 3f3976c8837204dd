import { describe, expect, it } from 'vitest';
import { decideRegions } from './decision.js';
import { computeAbnormalityMetrics, computeSelectionMetrics } from './metrics.js';
import { parseRegionSelectorConfig } from './config.js';

const bits = (text: string) => Uint8Array.from(text, Number);

describe('selection metrics', () => {
  it('pool the counts of three subsets, as computed by hand', () => {
    const metrics = computeSelectionMetrics({
      isSelected: bits('11110000'),
      hasPhrase: bits('11001100'),
      isAbnormal: bits('10001000'),
    });
    expect(metrics.all).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(metrics.normal.precision).toBeCloseTo(1 / 3, 12);
    expect(metrics.normal.recall).toBe(0.5);
    expect(metrics.abnormal).toEqual({ precision: 1, recall: 0.5, f1: (2 * 0.5) / 1.5 });
  });

  it('are 0 where undefined', () => {
    const none = bits('00');
    expect(computeSelectionMetrics({ isSelected: none, hasPhrase: none, isAbnormal: none }).all).toEqual({
      precision: 0,
      recall: 0,
      f1: 0,
    });
  });

  it('count abnormality only over detected regions', () => {
    const metrics = computeAbnormalityMetrics({
      isPredictedAbnormal: bits('1101'),
      isAbnormal: bits('1010'),
      isDetected: bits('1110'),
    });
    expect(metrics).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
  });

  it('refuse arrays of different lengths', () => {
    const measure = () =>
      computeSelectionMetrics({ isSelected: bits('1'), hasPhrase: bits('11'), isAbnormal: bits('1') });
    expect(measure).toThrow(/isSelected 1, hasPhrase 2, isAbnormal 1/);
  });
});

describe('deciding regions', () => {
  it('needs a logit above the threshold and a detected region', () => {
    const logits = Float32Array.of(-1, -0.5, 3, 3);
    expect([...decideRegions(logits, -1, bits('1101'))]).toEqual([0, 1, 0, 1]);
    expect([...decideRegions(logits, -1)]).toEqual([0, 1, 1, 1]);
  });
});

describe('the configuration of the region selector', () => {
  it('names every bad and unknown field', () => {
    const parse = () => parseRegionSelectorConfig({ hidden: [1], inputDim: 1.5, width: 2 });
    expect(parse).toThrow(
      /width is not a field; inputDim must be .*; hidden must be two positive integers, got \[1\]/,
    );
  });
});
