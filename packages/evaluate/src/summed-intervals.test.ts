import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { computeIntervals } from './intervals.js';
import { computeSummedIntervals } from './summed-intervals.js';

const random = createRandom(3);
const items = Array.from({ length: 60 }, (_, index) => ({
  patient: `p${index % 20}`,
  hits: random.integer(4),
  all: 4,
}));

describe('scores made of sums', () => {
  it('have the estimates and intervals that adding up every item of every sample gives', () => {
    const total = (sample: readonly (typeof items)[number][], of: 'hits' | 'all') =>
      sample.reduce((sum, item) => sum + item[of], 0);
    const slow = computeIntervals(items, { share: (sample) => total(sample, 'hits') / total(sample, 'all') });
    const fast = computeSummedIntervals(
      items.map(({ patient, hits, all }) => ({ patient, sums: { counts: [hits, all] } })),
      (sumOf) => ({ share: sumOf('counts')[0]! / sumOf('counts')[1]! }),
    );
    expect(fast).toEqual(slow);
  });

  it('read zeros for a name that no item has, and skip items without it', () => {
    const { mine, nobody } = computeSummedIntervals(
      [{ sums: { mine: [2] } }, { sums: {} }, { sums: { mine: [3], other: [1] } }],
      (sumOf) => ({ mine: sumOf('mine')[0]!, nobody: sumOf('nobody')[0]! }),
    );
    expect([mine!.estimate, nobody!.estimate]).toEqual([5, 0]);
  });
});
