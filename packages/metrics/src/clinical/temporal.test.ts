import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TEMPORAL_WORDS, computeTemporalF1 } from './temporal.js';

const golden = JSON.parse(readFileSync(new URL('./__fixtures__/temporal.json', import.meta.url), 'utf8')) as {
  words: string[];
  items: { hyp: string; refs: string[]; f1: number }[];
};

describe('computeTemporalF1', () => {
  it("has Libra's words", () => {
    expect([...TEMPORAL_WORDS].sort()).toEqual(golden.words);
  });

  it("gives Libra's numbers but for its epsilon", () => {
    const { items } = computeTemporalF1(
      golden.items.map(({ hyp }) => hyp),
      golden.items.map(({ refs }) => refs),
    );
    const largest = Math.max(...items.map((value, at) => Math.abs(value - golden.items[at]!.f1)));
    expect(largest).toBeLessThanOrEqual(3e-10);
  });

  it('is 1 where nobody speaks of change, and 0 where one side alone does', () => {
    const { mean, items } = computeTemporalF1(
      ['Clear lungs.', 'Stable.', 'Clear.'],
      ['No edema.', 'No edema.', ['Worse.']],
    );
    expect(items).toEqual([1, 0, 0]);
    expect(mean).toBeCloseTo(1 / 3, 14);
  });

  it('counts a word once, in either case, over all references', () => {
    expect(computeTemporalF1(['STABLE, stable, new'], [['stable', 'new edema, worse']]).items).toEqual([0.8]);
  });
});
