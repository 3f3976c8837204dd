import { describe, expect, it } from 'vitest';
import { generateIntegers, generateTensor, generateValues, keyOf } from './generator.js';

const SEED = 'crrg-a';

// Vectors of the published golden data (its generator_vectors.json), made by the reference program of that data.
describe('weight generator', () => {
  it('derives the key of a name, also beyond ASCII', () => {
    expect(keyOf('a', SEED)).toBe(514654707);
    expect(keyOf('é/ü', SEED)).toBe(2120618795);
  });

  it('gives the published values bit for bit', () => {
    const expected = [0.5079686641693115, 0.3046170473098755, 0.1994863748550415];
    expect([...generateValues(keyOf('a', SEED), 3, 0, 1)]).toEqual(expected);
    const tail = [0.7001288533210754, 0.6448428630828857, 0.46887731552124023];
    expect([...generateValues(keyOf('é/ü', SEED), 3, 0.5, 0.25)]).toEqual(tail);
  });

  it('reaches any element of a large tensor without the ones before it', () => {
    const key = keyOf('object_detector.roi_heads.box_head.fc6.weight', SEED);
    expect(generateValues(key, 1, 0, 0.006697, 134217727)[0]).toBe(0.004241738468408585);
  });

  it('draws whole numbers', () => {
    expect([...generateIntegers(keyOf('in/lm/ids/tiny', SEED), 8, 0, 130)]).toEqual([
      108, 70, 55, 44, 80, 51, 122, 67,
    ]);
  });

  it('scales single rows with one rounding', () => {
    const plain = generateTensor(['m', [3, 2], 0.25, 1], SEED);
    const scaled = generateTensor(['m', [3, 2], 0.25, 1, { 1: 2 }], SEED);
    expect([...scaled.data]).toEqual(
      [...plain.data].map((value, i) => (i >= 2 && i < 4 ? Math.fround(value * 2) : value)),
    );
  });
});
