import { float32 } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { normalizeRows } from './embeddings.js';
import { computeRetrieval } from './retrieval.js';

const rows = (...values: readonly (readonly number[])[]) =>
  float32([values.length, values[0]!.length], values.flat());

describe('rows of unit length', () => {
  it('leave a row of zeros as it is', () => {
    expect([...normalizeRows(rows([3, 4], [0, 0])).data]).toEqual([
      expect.closeTo(0.6),
      expect.closeTo(0.8),
      0,
      0,
    ]);
  });
});

describe('retrieval', () => {
  const images = rows([1, 0], [0, 1], [1, 1]);

  it('ranks the own text by cosine among different texts, as counted by hand', () => {
    const texts = rows([2, 0], [1, 0.5], [0, 3]);
    const scores = computeRetrieval({ images, texts, keys: ['a', 'b', 'c'] });
    // Cosines of image 0: 1, .894, 0: rank 1. Of image 1: 0, .447, 1: rank 2. Of image 2: .707, .949, .707: rank 2.
    expect(scores).toEqual({ recallAt1: 1 / 3, recallAt5: 1, recallAt10: 1, meanRank: 5 / 3, candidates: 3 });
  });

  it('counts equal texts once, with the first embedding', () => {
    const texts = rows([1, 0], [0, 1], [0, -1]);
    const scores = computeRetrieval({ images, texts, keys: ['a', 'b', 'a'] });
    expect(scores.candidates).toBe(2);
    expect(scores.meanRank).toBe(1);
  });

  it('says what does not fit', () => {
    expect(() => computeRetrieval({ images, texts: rows([1, 2, 3]), keys: ['a'] })).toThrow(
      'rclip.computeRetrieval: expected images and texts of one width, got 2 and 3; take both from the same model.',
    );
    expect(() => computeRetrieval({ images, texts: rows([1, 2]), keys: ['a'] })).toThrow(
      'expected one text and key per image, got 3 images, 1 texts and 1 keys',
    );
  });
});
