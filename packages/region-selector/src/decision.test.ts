import { describe, expect, it } from 'vitest';
import { decideRegions } from './decision.js';
import { parseRegionSelectorConfig } from './config.js';

const bits = (text: string) => Uint8Array.from(text, Number);

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
