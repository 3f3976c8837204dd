import { describe, expect, it } from 'vitest';
import adaAtt from '../presets/ada-att.json' with { type: 'json' };
import { CAPTIONER_PRESETS, parseCaptionerPreset } from './presets.js';

describe('presets of captioners', () => {
  it('are those that the rows of the paper were made with', () => {
    for (const preset of Object.values(CAPTIONER_PRESETS)) {
      expect(preset).toMatchObject({
        minCount: 10,
        numBeams: 3,
        architecture: { width: 512, maxLength: 100 },
      });
      expect(preset.settings).toMatchObject({
        epochs: 30,
        batchSize: 16,
        learningRate: 1e-4,
        decayPerEpoch: 0.8,
      });
    }
    expect(
      Object.entries(CAPTIONER_PRESETS).map(([kind, { architecture }]) => [kind, architecture.kind]),
    ).toEqual([
      ['show-and-tell', 'show-and-tell'],
      ['ada-att', 'ada-att'],
    ]);
  });

  it('name every field that is wrong or missing', () => {
    const { minCount: _, ...rest } = adaAtt;
    const settings = { ...adaAtt.settings, dropout: { value: 1, from: 'nowhere' } };
    expect(() => parseCaptionerPreset({ ...rest, settings })).toThrow(
      /minCount is missing.*settings\.dropout\.value must be a number from 0 to below 1, got 1.*from must be one of sources, got "nowhere"/,
    );
  });
});
