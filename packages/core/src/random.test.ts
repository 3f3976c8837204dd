import { describe, expect, it } from 'vitest';
import { createRandom, restoreRandom } from './index.js';

const SEEDS = Array.from({ length: 24000 }, (_, seed) => seed);

/** How often each text occurs. */
function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

describe('shuffle', () => {
  it('gives each of the 24 orders of four items equally often over seeds', () => {
    const counts = tally(SEEDS.map((seed) => createRandom(seed).shuffle([0, 1, 2, 3]).join('')));
    expect(counts.size).toBe(24);
    const expected = SEEDS.length / 24;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 23 degrees of freedom: above 49.7 in one of a thousand fair runs.
    expect(chiSquare).toBeLessThan(49.7);
  });

  it('draws once for each place but the last, and leaves the given array alone', () => {
    const random = createRandom(3);
    const items = [5, 6, 7, 8, 9];
    const shuffled = random.shuffle(items);
    expect(random.state().position).toBe(4);
    expect(items).toEqual([5, 6, 7, 8, 9]);
    expect([...shuffled].sort()).toEqual(items);
    expect(random.shuffle([])).toEqual([]);
    expect(random.shuffle([1])).toEqual([1]);
  });
});

describe('integer', () => {
  it('gives each integer below the bound equally often, and never the bound', () => {
    const random = createRandom(9);
    const counts = tally(Array.from({ length: 30000 }, () => String(random.integer(3))));
    expect([...counts.keys()].sort()).toEqual(['0', '1', '2']);
    for (const count of counts.values()) expect(Math.abs(count - 10000)).toBeLessThan(400);
    expect(random.integer(1)).toBe(0);
  });
});

describe('uniform', () => {
  it('is low where the draw is 0 and never high', () => {
    const random = createRandom(2);
    const values = Array.from({ length: 5000 }, () => random.uniform(-3, 5));
    expect(values.every((value) => value >= -3 && value < 5)).toBe(true);
    expect(Math.min(...values)).toBeLessThan(-2.98);
    const [a, b] = [createRandom(8), createRandom(8)];
    expect(a.uniform(10, 30)).toBe(10 + 20 * b.next());
  });
});

describe('normal', () => {
  it('is standard, and finite where the first draw is 0', () => {
    const random = createRandom(4);
    const values = Array.from({ length: 20000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    const [a, b] = [createRandom(8), createRandom(8)];
    const [first, second] = [b.next(), b.next()];
    expect(a.normal()).toBe(Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second));
  });
});

describe('fork', () => {
  it('depends on the seed and the name only, and does not advance its parent', () => {
    const parent = createRandom(1);
    const before = parent.fork('films').next();
    parent.next();
    expect(parent.fork('films').next()).toBe(before);
    expect(parent.state()).toEqual({ seed: 1, position: 1 });
    const others = [createRandom(1).fork('texts'), createRandom(2).fork('films'), createRandom(1)];
    expect(others.map((random) => random.next())).not.toContain(before);
    expect(createRandom(1).fork('ab').next()).not.toBe(createRandom(1).fork('ba').next());
  });
});

describe('the sequence of a seed', () => {
  it("is a counter hashed with MurmurHash3's finaliser", () => {
    // fmix32(1) = 0x514e28b7, fmix32(0) = 0: seed 0 hashes the first counter, 0x9e3779b9, twice.
    const fmix = (value: number) => {
      let h = value >>> 0;
      h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
      return (h ^ (h >>> 16)) >>> 0;
    };
    expect(fmix(1)).toBe(0x514e28b7);
    expect(createRandom(0).next()).toBe(fmix(fmix(0x9e3779b9)) / 2 ** 32);
    expect(createRandom(5).next()).toBe(fmix(fmix(5 ^ 0x9e3779b9) ^ fmix(5)) / 2 ** 32);
  });

  it('goes on from a saved state and does not repeat after 2^32 draws', () => {
    const random = createRandom(7);
    random.next();
    const resumed = restoreRandom(random.state());
    expect([resumed.next(), resumed.next()]).toEqual([random.next(), random.next()]);
    expect(restoreRandom({ seed: 7, position: 2 ** 32 }).next()).not.toBe(createRandom(7).next());
  });
});
