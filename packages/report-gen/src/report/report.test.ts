import { describe, expect, it } from 'vitest';
import { assembleReport, type RegionText } from './assemble-report.js';
import { tokenOverlapSimilarity, type SentenceSimilarity } from './similarity.js';
import { splitSentences } from './split-sentences.js';

describe('splitting sentences', () => {
  it('splits at sentence ends followed by a capital or a digit', () => {
    expect(splitSentences('The lungs are clear. No effusion! Is it? 2 nodules are seen.')).toEqual([
      'The lungs are clear.',
      'No effusion!',
      'Is it?',
      '2 nodules are seen.',
    ]);
  });

  it('protects decimals, abbreviations and initials', () => {
    const text = 'A 4.5 cm mass, approx. 3 cm from the hilum. Seen by Dr. A. Miller. Stable vs. Prior film.';
    expect(splitSentences(text)).toEqual([
      'A 4.5 cm mass, approx. 3 cm from the hilum.',
      'Seen by Dr. A. Miller.',
      'Stable vs. Prior film.',
    ]);
  });

  it('gives nothing for white space and one sentence for text without an end', () => {
    expect(splitSentences('  ')).toEqual([]);
    expect(splitSentences('clear lungs')).toEqual(['clear lungs']);
  });
});

describe('token overlap', () => {
  it('is the F1 of shared words', () => {
    expect(tokenOverlapSimilarity.compare('The lungs are clear.', 'the lungs are clear')).toBe(1);
    expect(tokenOverlapSimilarity.compare('a b c', 'b c d e')).toBeCloseTo(4 / 7, 12);
    expect(tokenOverlapSimilarity.compare('.', '!')).toBe(0);
    expect(tokenOverlapSimilarity.compare('a a b', 'a c')).toBeCloseTo(2 / 5, 12);
  });
});

const said = (...texts: string[]): RegionText[] =>
  texts.map((text, index) => ({ region: index % 2 ? 'left lung' : 'right lung', text }));

/** Pairs named in `pairs` are alike; asynchronous as a model would be. */
function alike(pairs: readonly (readonly [string, string])[], log: string[] = []): SentenceSimilarity {
  return {
    name: 'scripted',
    compare: async (a, b) => {
      log.push(`${a}|${b}`);
      return pairs.some(([x, y]) => x === a && y === b) ? 0.95 : 0.2;
    },
  };
}

describe('assembling a report', () => {
  it('is empty and valid where no region was selected', async () => {
    expect(await assembleReport([])).toEqual({
      text: '',
      sentences: [],
      removed: [],
      similarity: { name: 'exact', threshold: 1 },
    });
  });

  it('merges equal sentences at their first place and keeps their regions', async () => {
    const report = await assembleReport(said('Clear. Normal size.', 'Clear.'));
    expect(report.text).toBe('Clear. Normal size.');
    expect(report.sentences).toEqual([
      { text: 'Clear.', regions: ['right lung', 'left lung'] },
      { text: 'Normal size.', regions: ['right lung'] },
    ]);
    const twice = await assembleReport(said('Clear. Clear.'));
    expect(twice.sentences).toEqual([{ text: 'Clear.', regions: ['right lung'] }]);
  });

  it('keeps the longer of two near duplicates, and the later one of equally long ones', async () => {
    const similarity = alike([
      ['Short.', 'Longer one.'],
      ['Equal a.', 'Equal b.'],
    ]);
    const report = await assembleReport(said('Short.', 'Equal a.', 'Longer one.', 'Equal b.'), {
      similarity,
    });
    expect(report.text).toBe('Longer one. Equal b.');
    expect(report.removed.map(({ text, inFavourOf }) => [text, inFavourOf])).toEqual([
      ['Short.', 'Longer one.'],
      ['Equal a.', 'Equal b.'],
    ]);
    expect(report.similarity).toEqual({ name: 'scripted', threshold: 0.9 });
  });

  it('compares neither from nor with a sentence that is already removed', async () => {
    const log: string[] = [];
    await assembleReport(said('Aaaa.', 'Bb.', 'C.', 'Dd.'), {
      similarity: alike(
        [
          ['Aaaa.', 'C.'],
          ['Bb.', 'Dd.'],
        ],
        log,
      ),
    });
    expect(log).toEqual(['Aaaa.|Bb.', 'Aaaa.|C.', 'Aaaa.|Dd.', 'Bb.|Dd.']);
  });

  it('does not remove a pair that is exactly at the threshold', async () => {
    const similarity = { name: 'x', compare: () => 0.9 };
    expect((await assembleReport(said('A a.', 'B b.'), { similarity })).sentences.length).toBe(2);
  });
});
