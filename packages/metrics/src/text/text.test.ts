import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricsError } from '../errors.js';
import { computeBleu } from './bleu.js';
import { computeCider } from './cider.js';
import { NgramCounts, NgramTable } from './ngram-table.js';
import { computeRougeL } from './rouge.js';
import { computeTfidfCosine } from './tfidf.js';
import { splitWords } from './words.js';

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 30 });
const text = words.map((list) => list.join(' '));

/** Occurrences of each n-gram, the plain way. */
function countPlainly(list: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= list.length; start++) {
    const ngram = list.slice(start, start + order).join(' ');
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

describe('splitWords', () => {
  it("splits where Python's str.split() does", () => {
    expect(splitWords('a\u00a0b\x1cc\u2003d  e\n')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(splitWords('a\ufeffb')).toEqual(['a\ufeffb']);
    expect(splitWords('')).toEqual([]);
  });
});

describe('NgramCounts', () => {
  it('counts what a plain map counts, whatever was counted before', () => {
    const table = new NgramTable();
    const [first, second] = [new NgramCounts(table, 3), new NgramCounts(table, 3)];
    const lists = fc.array(fc.array(fc.nat(9), { maxLength: 40 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(lists, ([one, two]) => {
        first.count(Int32Array.from(one!));
        second.count(Int32Array.from(two!));
        for (const [counts, list] of [
          [first, one],
          [second, two],
        ] as const)
          for (const order of [1, 2, 3]) {
            const plain = countPlainly(list!.map(String), order);
            expect(counts.present[order - 1]!.map((ngram) => counts.of(ngram)).sort()).toEqual(
              [...plain.values()].sort(),
            );
          }
        first.clear();
        second.clear();
        table.truncate(0);
        expect(table.size).toBe(0);
      }),
      { seed: 1 },
    );
  });

  it('finds the same numbers again after forgetting some', () => {
    const table = new NgramTable();
    const numbers = Array.from({ length: 5000 }, (_, word) => table.extend(-1, word));
    table.truncate(1000);
    for (let word = 4999; word >= 1000; word--) table.extend(-1, word);
    expect(numbers.slice(0, 1000).map((_, word) => table.extend(-1, word))).toEqual(numbers.slice(0, 1000));
    expect(table.size).toBe(5000);
  });
});

describe('computeBleu', () => {
  it('clips counts and takes the closest reference, the shorter of two as close', () => {
    // "the" occurs at most twice in one reference; of lengths 5 and 9 both two away from 7, 5 counts.
    const { corpus, counts } = computeBleu(
      ['the the the the the the the'],
      [['the cat sat the mat', 'one two three the cat is on that mat']],
    );
    expect(counts.matched).toEqual([2, 0, 0, 0]);
    expect(counts.referenceLength).toBe(5);
    expect(corpus[0]).toBeCloseTo(2 / 7, 8);
  });

  it('punishes a short candidate by exp(1 - reference / candidate)', () => {
    expect(computeBleu(['a b'], ['a b c d']).corpus[0]).toBeCloseTo(Math.exp(1 - 4 / 2), 8);
  });

  it('scores the corpus from summed counts, not from the mean of items', () => {
    const { corpus, items } = computeBleu(['a b c', 'x'], ['a b d', 'x']);
    expect(corpus[0]).toBeCloseTo(3 / 4, 8);
    expect((items[0]![0] + items[1]![0]) / 2).toBeCloseTo(5 / 6, 8);
  });

  it('keeps a long candidate apart from a short reference that comes with it', () => {
    const long = Array.from({ length: 3000 }, (_, index) => `w${index}`);
    const { counts } = computeBleu(
      [long.join(' ')],
      [[[...long].reverse().join(' '), long.slice(1).join(' ')]],
    );
    expect(counts.matched).toEqual([3000, 2998, 2997, 2996]);
  });

  it('matches a plain count on random texts', () => {
    fc.assert(
      fc.property(words, fc.array(words, { minLength: 1, maxLength: 3 }), (candidate, references) => {
        const { counts } = computeBleu([candidate.join(' ')], [references.map((list) => list.join(' '))]);
        for (const order of [1, 2, 3, 4]) {
          let matched = 0;
          const maps = references.map((list) => countPlainly(list, order));
          for (const [ngram, count] of countPlainly(candidate, order))
            matched += Math.min(count, Math.max(...maps.map((map) => map.get(ngram) ?? 0)));
          expect(counts.matched[order - 1]).toBe(matched);
        }
      }),
      { seed: 1 },
    );
  });
});

describe('computeRougeL', () => {
  it('is the F-measure with beta 1.2 of the longest common subsequence', () => {
    // Common: a c e. Precision 3/4, recall 3/5.
    const [p, r, b2] = [3 / 4, 3 / 5, 1.44];
    const { mean } = computeRougeL(['a c x e'], ['a b c d e']);
    expect(mean).toBeCloseTo(((1 + b2) * p * r) / (r + b2 * p), 15);
  });

  it('takes the best precision and the best recall from different references', () => {
    const { mean } = computeRougeL(['a b c d'], [['a b', 'a b c d e f g h']]);
    const [p, r, b2] = [1, 1, 1.44];
    expect(mean).toBeCloseTo(((1 + b2) * p * r) / (r + b2 * p), 15);
  });

  it('takes two blanks for an empty word, and two empty texts for equal', () => {
    expect(computeRougeL([''], ['']).mean).toBe(1);
    expect(computeRougeL(['a  b'], ['a b']).mean).toBeLessThan(1);
  });

  it('is 1 for equal texts and between 0 and 1 else', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(computeRougeL([a], [a]).mean).toBeCloseTo(1, 14);
        const { mean } = computeRougeL([a], [b]);
        expect(mean >= 0 && mean <= 1 + 1e-15).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

describe('computeCider', () => {
  it('is 10 for candidates that repeat references without common n-grams', () => {
    expect(computeCider(['a b c d', 'e f g h'], ['a b c d', 'e f g h']).mean).toBeCloseTo(10, 12);
  });

  it('weighs clipped counts by rarity and damps another length', () => {
    // Unigrams of the second item alone: idf of "a" ln 2, of "b" 0; bigrams differ; lengths 1 and 2 in bigrams.
    const { items } = computeCider(['x', 'a b'], ['b', 'a a b']);
    const [candidate, reference] = [Math.log(2), 2 * Math.log(2)];
    const unigram = (Math.min(candidate, reference) * reference) / (candidate * reference);
    const bigram = (Math.log(2) * Math.log(2)) / (Math.log(2) * Math.hypot(Math.log(2), Math.log(2)));
    expect(items[1]).toBeCloseTo((10 / 4) * (unigram + bigram) * Math.exp(-1 / 72), 12);
  });

  it('is 0 for one item, whose every n-gram is in every document', () => {
    expect(computeCider(['a b'], ['a b']).mean).toBe(0);
  });

  it('refuses options that it does not know', () => {
    const refused = () => computeCider(['a'], ['a'], { documentFrequencies: 'idf' as never });
    expect(refused).toThrow(
      'metrics.computeCider: expected documentFrequencies "references", "none" or { corpus }, got idf',
    );
    expect(() => computeCider(['a'], ['a'], { documentCount: 0 })).toThrow(/documentCount/);
  });
});

describe('computeTfidfCosine', () => {
  it('takes the best of several references and is 0 without a known word', () => {
    const { items } = computeTfidfCosine(['clear lungs', 'a'], [['big heart', 'lungs clear'], 'clear']);
    expect(items[0]).toBeCloseTo(1, 14);
    expect(items[1]).toBe(0);
  });

  it('refuses another fit', () => {
    expect(() => computeTfidfCosine(['a'], ['b'], { fit: 'pair' as never })).toThrow(/expected fit "all"/);
  });
});

describe.each([
  ['computeBleu', computeBleu],
  ['computeRougeL', computeRougeL],
  ['computeCider', computeCider],
  ['computeTfidfCosine', computeTfidfCosine],
])('%s', (name, compute) => {
  const refusal = (candidates: unknown, references: unknown): MetricsError => {
    try {
      compute(candidates as never, references as never);
    } catch (error) {
      if (MetricsError.isInstance(error)) return error;
    }
    throw new Error('not refused');
  };

  it('names the item that is no text', () => {
    const error = refusal(['a', 7], ['a', 'b']);
    expect(error.message).toBe(
      `metrics.${name}: expected candidates[1] to be a text, got number 7; give "" for an empty candidate.`,
    );
    expect(error).toMatchObject({ code: 'INPUT', details: { index: 1 } });
    expect(refusal(['a'], [['b', null]]).message).toContain('references[0][1] to be a text, got null');
    expect(refusal(['a'], [undefined]).details).toEqual({ index: 0 });
  });

  it('refuses lists of unequal lengths, empty lists and empty references', () => {
    expect(refusal(['a', 'b'], ['a']).message).toContain('2 candidates and 1 references');
    expect(refusal([], []).message).toContain('expected at least one item, got none');
    expect(refusal(['a'], [[]]).message).toContain('references[0] to hold at least one text');
    expect(refusal('a', ['a']).message).toContain('candidates to be an array of texts');
  });
});
