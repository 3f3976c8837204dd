import { describe, expect, it } from 'vitest';
import { RCLIP_PRESETS } from '../rclip/rclip-presets.js';
import { planOf } from './plan.js';

describe('the plan of training on studies', () => {
  it.each(['rclip-base', 'rclip-opt'] as const)('has every value of the preset %s', (preset) => {
    const { source: _, ...values } = RCLIP_PRESETS[preset];
    expect(planOf({ preset })).toEqual({ preset, ...values, onBadBatch: 'stop' });
  });

  it('puts options in the place of values, each of the stage that it names', () => {
    const { pretraining, probe } = RCLIP_PRESETS['rclip-base'];
    const options = { epochs: 7, batchSize: 9, learningRate: 0.5, probeEpochs: 3, seed: 11 };
    expect(planOf({ preset: 'rclip-base', ...options, onBadBatch: 'skip' })).toEqual({
      preset: 'rclip-base',
      text: 'original',
      seed: 11,
      onBadBatch: 'skip',
      pretraining: { ...pretraining, epochs: 7, batchSize: 9, learningRate: 0.5 },
      probe: { ...probe, epochs: 3, batchSize: 9 },
    });
    expect(planOf({ preset: 'rclip-opt', text: 'original' }).text).toBe('original');
  });

  it('refuses options of generated text without it', () => {
    for (const option of [{ reports: 'r.jsonl' }, { reportModel: 'tiny' }])
      expect(() => planOf({ preset: 'rclip-base', ...option })).toThrow(
        'only with generated text, got original',
      );
  });
});
