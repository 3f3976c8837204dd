import { ANATOMICAL_REGIONS } from '@crrg/core';
import { parseRclipConfig } from '@crrg/rclip';
import type { RrgSampleSource } from '../rrg/rrg-batch.js';
import { microConfig } from './micro-config.js';

const config = microConfig();
const SIDE = config.detector.imageSize;
const { bosTokenId, eosTokenId } = config.reportGen;

/** A film with a bright square for each of three regions; the first has a phrase, the second is abnormal. @internal */
export function microFilm(shift: number): RrgSampleSource {
  const corners = [8, 48, 88].map((at) => at + shift);
  const image = new Float32Array(SIDE * SIDE);
  for (const at of corners)
    for (let y = at; y < at + 32; y++) image.fill(1, y * SIDE + at, y * SIDE + at + 32);
  const perRegion = <T>(value: (region: number) => T) => ANATOMICAL_REGIONS.map((_, region) => value(region));
  return () => ({
    image,
    groundTruth: {
      boxes: Float32Array.from(corners.flatMap((at) => [at, at, at + 32, at + 32])),
      regions: Int32Array.of(0, 1, 2),
    },
    phrases: perRegion((region) => (region === 0 ? [bosTokenId, 40, 41, 42, eosTokenId] : undefined)),
    isAbnormal: perRegion((region) => region === 1),
  });
}

/** A record that notes which of its fields are read. @internal */
export function noteReads<T extends object>(record: T): { readonly record: T; readonly read: Set<string> } {
  const read = new Set<string>();
  const get = (target: T, name: string | symbol) => {
    if (typeof name === 'string') read.add(name);
    return Reflect.get(target, name) as unknown;
  };
  return { record: new Proxy(record, { get }), read };
}

/** Both encoders of a small contrastive model without a probe. @internal */
export const MICRO_PRETRAINING = parseRclipConfig({
  imageEncoder: { imageSize: 32, stemWidth: 4, planes: [4, 4, 4, 8], blocks: [1, 1, 1, 1] },
  textEncoder: {
    vocabSize: 16,
    width: 16,
    numLayers: 1,
    numHeads: 2,
    ffnWidth: 16,
    numPositions: 8,
    maxLength: 8,
  },
  embeddingDim: 8,
});
