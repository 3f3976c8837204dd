import { ConfigError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RCLIP_CONFIG, parseRclipConfig } from './config.js';

describe('parseRclipConfig', () => {
  it('gives the published architecture for nothing', () => {
    expect(parseRclipConfig(undefined)).toEqual(DEFAULT_RCLIP_CONFIG);
    expect(parseRclipConfig(JSON.parse(JSON.stringify(DEFAULT_RCLIP_CONFIG)))).toEqual(DEFAULT_RCLIP_CONFIG);
  });

  it('completes parts', () => {
    const config = parseRclipConfig({
      textEncoder: { pooling: 'mean' },
      probe: { labels: ['Pneumonia', 'Edema'] },
    });
    expect(config.textEncoder).toMatchObject({ pooling: 'mean', width: 768, maxLength: 256 });
    expect(config.probe).toEqual({
      labels: ['Pneumonia', 'Edema'],
      thresholds: [0.5, 0.5],
      temperatures: [1, 1],
    });
    expect(parseRclipConfig({ textEncoder: null }).textEncoder).toBeNull();
  });

  it('names every bad and unknown field in one error', () => {
    const parse = () =>
      parseRclipConfig({
        imageEncoder: { planes: [1, 2], colour: 'red' },
        textEncoder: { pooling: 'last', width: 10, numHeads: 3, maxLength: 600 },
        projection: 'cubic',
        initialTemperature: 0,
        probe: { labels: ['A', 'A'], thresholds: [0.5, 2], temperatures: [1] },
        size: 1,
      });
    expect(parse).toThrow(ConfigError);
    const expected = [
      'imageEncoder.planes must be four positive integers, got [1,2]',
      'imageEncoder.colour is not a field',
      'textEncoder.pooling must be "eos" or "bos" or "mean", got "last"',
      'textEncoder.width must be a multiple of textEncoder.numHeads, got 10 and 3',
      'textEncoder.maxLength must be at most textEncoder.numPositions 512, got 600',
      'projection must be "linear" or "mlp", got "cubic"',
      'initialTemperature must be a positive number, got 0',
      'probe.labels must be a list of different texts, got ["A","A"]',
      'probe.thresholds must be a list of numbers in [0, 1], got [0.5,2]',
      'probe.temperatures must have one entry per label (2), got 1',
      'size is not a field',
    ];
    for (const problem of expected) expect(parse).toThrow(problem);
  });

  it.each([7, 'text', [1]])('refuses %j', (json) => {
    expect(() => parseRclipConfig(json)).toThrow(/config must be an object/);
  });
});
