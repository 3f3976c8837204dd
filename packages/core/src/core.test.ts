import { describe, expect, it } from 'vitest';
import { ANATOMICAL_REGIONS, ConfigError, CrrgError, boxIou, createRandom, restoreRandom } from './index.js';

describe('core', () => {
  it('knows 29 distinct regions', () => {
    expect(new Set(ANATOMICAL_REGIONS).size).toBe(29);
    expect(ANATOMICAL_REGIONS[24]).toBe('cardiac silhouette');
  });

  it('computes the overlap of two boxes by hand', () => {
    const a = { x1: 0, y1: 0, x2: 2, y2: 2 };
    expect(boxIou(a, { x1: 1, y1: 1, x2: 3, y2: 3 })).toBeCloseTo(1 / 7, 12);
    expect(boxIou(a, { x1: 5, y1: 5, x2: 6, y2: 6 })).toBe(0);
  });

  it('marks its errors so that another copy of the class is recognised', () => {
    const error = new ConfigError('x: expected a, got b; do c.');
    expect(CrrgError.isInstance(error)).toBe(true);
    expect(CrrgError.isInstance(new Error('x'))).toBe(false);
    expect(CrrgError.isInstance(null)).toBe(false);
    const fromAnotherCopy = Object.defineProperty(new Error('x'), Symbol.for('crrg.error'), { value: true });
    expect(CrrgError.isInstance(fromAnotherCopy)).toBe(true);
    expect(error.name).toBe('ConfigError');
  });

  it('continues a restored random sequence exactly', () => {
    const random = createRandom(7);
    for (let index = 0; index < 10; index++) random.normal();
    const resumed = restoreRandom(random.state());
    expect([resumed.next(), resumed.normal()]).toEqual([random.next(), random.normal()]);
  });

  it('draws uniform numbers whose mean and variance fit', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 20000 }, () => random.next());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(createRandom(1).fork('a').next()).not.toBe(createRandom(1).fork('b').next());
  });
});
