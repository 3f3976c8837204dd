import { parseRclipConfig } from '@crrg/rclip';
import { describe, expect, it } from 'vitest';
import { packRclipBatch, type RclipSample } from './rclip-batch.js';

const config = parseRclipConfig({
  imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
  textEncoder: {
    vocabSize: 16,
    width: 4,
    numLayers: 1,
    numHeads: 1,
    ffnWidth: 4,
    numPositions: 8,
    maxLength: 8,
  },
  embeddingDim: 4,
});
const image = (value: number) => new Float32Array(3 * 32 * 32).fill(value);
const samples: RclipSample[] = [
  {
    images: [image(1), image(2)],
    texts: [
      [1, 5, 2],
      [1, 2],
    ],
  },
  {
    images: [image(3), image(4)],
    texts: [
      [1, 2],
      [1, 6, 7, 2],
    ],
  },
];

describe('a batch of two views', () => {
  it('has first and second pictures and texts apart, texts padded and masked to the longest of their view', () => {
    const batch = packRclipBatch(samples, config, 9);
    const rows = (name: string) => {
      const { shape, data } = batch[name]!;
      const width = shape[1]!;
      return Array.from({ length: shape[0]! }, (_, row) =>
        [...data.subarray(row * width, (row + 1) * width)].map(Number),
      );
    };
    expect(batch['image']!.shape).toEqual([2, 3, 32, 32]);
    const first = (name: string) => [0, 1].map((index) => batch[name]!.data[index * 3 * 32 * 32]);
    expect([first('image'), first('imageView')]).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(rows('tokenIds')).toEqual([
      [1, 5, 2],
      [1, 2, 9],
    ]);
    expect(rows('attentionMask')).toEqual([
      [1, 1, 1],
      [1, 1, 0],
    ]);
    expect(rows('tokenIdsView')).toEqual([
      [1, 2, 9, 9],
      [1, 6, 7, 2],
    ]);
    expect(rows('attentionMaskView')).toEqual([
      [1, 1, 0, 0],
      [1, 1, 1, 1],
    ]);
  });
});
