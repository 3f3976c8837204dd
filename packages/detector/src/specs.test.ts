import { countParameters } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG } from './config.js';
import { detectorSpecs } from './specs.js';

describe('detectorSpecs', () => {
  const specs = detectorSpecs(DEFAULT_DETECTOR_CONFIG);
  const count = (prefix: string) =>
    countParameters(
      Object.fromEntries(
        Object.entries(specs).filter(([name, spec]) => name.startsWith(prefix) && spec.trainable),
      ),
    );

  it('counts the published sizes of every part', () => {
    expect(count('backbone.')).toBe(23_501_760);
    expect(count('rpn.')).toBe(39_389_984);
    expect(count('boxHead.')).toBe(135_268_352);
    expect(count('boxPredictor.')).toBe(153_750);
    expect(count('regionProjection.')).toBe(2_098_176);
  });

  it('has the 281 tensors of a reference file without its batch counters', () => {
    expect(Object.keys(specs).length).toBe(334 - 53);
  });
});
