import { ConfigError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_DETECTOR_CONFIG,
  anchorsPerCell,
  featureChannels,
  featureSize,
  parseDetectorConfig,
} from './config.js';

describe('parseDetectorConfig', () => {
  it('completes a partial configuration with the paper values', () => {
    const config = parseDetectorConfig({ imageSize: 128, rpn: { sampleSize: 64 } });
    expect(config.imageSize).toBe(128);
    expect(config.rpn.sampleSize).toBe(64);
    expect(config.rpn.nmsIouThreshold).toBe(0.7);
    expect(parseDetectorConfig(undefined)).toEqual(DEFAULT_DETECTOR_CONFIG);
  });

  it('survives a round trip through JSON', () => {
    expect(parseDetectorConfig(JSON.parse(JSON.stringify(DEFAULT_DETECTOR_CONFIG)))).toEqual(
      DEFAULT_DETECTOR_CONFIG,
    );
  });

  it('names every bad field at once', () => {
    const bad = {
      imageSize: 100,
      planes: [1, 2],
      roi: { outputSize: -1 },
      rpn: { training: 7, negativeIou: 2 },
      colour: 'red',
    };
    const refuse = () => parseDetectorConfig(bad);
    expect(refuse).toThrow(ConfigError);
    for (const field of [
      'imageSize',
      'planes',
      'roi.outputSize',
      'rpn.training',
      'rpn.negativeIou',
      'colour',
    ])
      expect(refuse).toThrow(field);
  });

  it('takes one IoU limit for matched and unmatched anchors, and refuses crossed ones', () => {
    const rpn = { positiveIou: 0.5, negativeIou: 0.5 };
    expect(parseDetectorConfig({ rpn }).rpn.negativeIou).toBe(0.5);
    expect(() => parseDetectorConfig({ rpn: { ...rpn, negativeIou: 0.6 } })).toThrow('must not exceed');
  });

  it('derives the sizes that follow from others', () => {
    expect(anchorsPerCell(DEFAULT_DETECTOR_CONFIG)).toBe(160);
    expect(featureChannels(DEFAULT_DETECTOR_CONFIG)).toBe(2048);
    expect(featureSize({ height: 160, width: 96 })).toEqual({ height: 5, width: 3 });
    expect(() => featureSize({ height: 100, width: 96 })).toThrow('multiples of 32');
  });
});
