import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { stemPorter } from './porter.js';
import { computeRouge, type RougeItem } from './rouge-score.js';

type Expected = Record<keyof RougeItem, [precision: number, recall: number, f1: number]>;

const golden = readFixture<{
  items: { hyp: string; refs: string[] }[];
  plain: Expected[];
  stem: Expected[];
  stems: Record<string, string>;
}>('rouge-score');
const candidates = golden.items.map(({ hyp }) => hyp);
const references = golden.items.map(({ refs }) => refs);

describe('computeRouge', () => {
  it.each([
    ['words as they are', false, golden.plain],
    ['stemmed words', true, golden.stem],
  ])('gives the numbers of rouge_score for %s', (_, stem, expected) => {
    const { items } = computeRouge(candidates, references, { stem });
    const flat = (item: RougeItem) =>
      [item.rouge1, item.rouge2, item.rougeL].flatMap(({ precision, recall, f1 }) => [precision, recall, f1]);
    const theirs = expected.flatMap(({ rouge1, rouge2, rougeL }) => [...rouge1, ...rouge2, ...rougeL]);
    const largest = Math.max(...items.flatMap(flat).map((value, at) => Math.abs(value - theirs[at]!)));
    expect(largest).toBeLessThanOrEqual(1e-15);
  });

  it('takes the reference with the best F1 for each score on its own', () => {
    const { items } = computeRouge(['a b c d'], [['a b', 'd c b a']]);
    expect(items[0]!.rouge1.f1).toBe(1);
    expect(items[0]!.rouge2).toEqual({ precision: 1 / 3, recall: 1, f1: 0.5 });
    expect(items[0]!.rougeL.f1).toBeCloseTo(2 / 3, 14);
  });

  it('stems words of more than three letters', () => {
    const { items } = computeRouge(['gas', 'glas'], ['ga', 'gla'], { stem: true });
    expect(items.map(({ rouge1 }) => rouge1.f1)).toEqual([0, 1]);
  });

  it('refuses a stemmer by name', () => {
    expect(() => computeRouge(['a'], ['a'], { stem: 'porter' as never })).toThrow(
      'metrics.computeRouge: expected stem to be true or false, got porter; leave it out for words as they are.',
    );
  });
});

describe('stemPorter', () => {
  it("has NLTK's stem for every word of the list", () => {
    const wrong = Object.entries(golden.stems).filter(([word, stem]) => stemPorter(word) !== stem);
    expect(wrong).toEqual([]);
    expect(Object.keys(golden.stems).length).toBeGreaterThan(1900);
  });
});
