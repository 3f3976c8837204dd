import { describe, expect, it } from 'vitest';
import { packCaptionBatch } from './caption-batch.js';
import { parseCaptionerConfig } from './config.js';

describe('a batch of captions', () => {
  const config = parseCaptionerConfig({ imageSize: 1 });
  const sample = (wordIds: readonly number[]) => ({ image: Float32Array.of(1, 2, 3), wordIds });
  const batch = packCaptionBatch([sample([5, 6]), sample([7, 8, 9, 5]), sample([])], config, 4);
  const rows = (name: string) => {
    const { data } = batch[name]!;
    return [0, 4, 8].map((start) => [...data.slice(start, start + 4)]);
  };

  it('begins each with the end word and asks for the next word, the end last', () => {
    expect(rows('wordIds')).toEqual([
      [0, 5, 6, 0],
      [0, 7, 8, 9],
      [0, 0, 0, 0],
    ]);
    expect(rows('nextIds')).toEqual([
      [5, 6, 0, 0],
      [7, 8, 9, 5],
      [0, 0, 0, 0],
    ]);
  });

  it('learns words and end, no padding, and no end of a caption that does not fit', () => {
    expect(rows('mask')).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
      [1, 0, 0, 0],
    ]);
    expect(batch['images']!.shape).toEqual([3, 3, 1, 1]);
    expect([...batch['images']!.data]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });
});
