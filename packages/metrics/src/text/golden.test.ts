import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { computeBleu } from './bleu.js';
import { computeCider } from './cider.js';
import { computeRougeL } from './rouge.js';
import { computeTfidfCosine, fitTfidf, tfidfCosine } from './tfidf.js';

interface MeanAndItems {
  mean: number;
  sentence: number[];
}

interface Corpus {
  items: { refs: string[]; hyp: string }[];
  scores: {
    bleu: { corpus: number[]; sentence: number[][]; testlen: number; reflen: number };
    rouge_l: MeanAndItems;
    cider: MeanAndItems;
    cider_df1: MeanAndItems;
  };
}

/** Sums of a few hundred doubles; the parity run measures 4e-15. */
const TOLERANCE = 1e-12;

function expectClose(ours: readonly number[], theirs: readonly number[]): void {
  expect(ours).toHaveLength(theirs.length);
  const largest = Math.max(...ours.map((value, index) => Math.abs(value - theirs[index]!)));
  expect(largest).toBeLessThanOrEqual(TOLERANCE);
}

describe.each([
  'corpus-size1-identical.ptb',
  'corpus-size1-multi.rgrg',
  'corpus-size20-single.clean',
  'corpus-size20-single.rgrg',
  'corpus-size20-multi.ptb',
  'corpus-edge.asis',
  'corpus-edge.ptb',
])('on %s the scores of pycocoevalcap are met', (name) => {
  const { items, scores } = readFixture<Corpus>(name);
  const candidates = items.map(({ hyp }) => hyp);
  const references = items.map(({ refs }) => refs);

  it('by BLEU', () => {
    const { corpus, items: sentences, counts } = computeBleu(candidates, references);
    expectClose(corpus, scores.bleu.corpus);
    expectClose(sentences.flat(), scores.bleu.sentence.flat());
    expect([counts.candidateLength, counts.referenceLength]).toEqual([
      scores.bleu.testlen,
      scores.bleu.reflen,
    ]);
  });

  it('by ROUGE-L', () => {
    const ours = computeRougeL(candidates, references);
    expectClose([ours.mean, ...ours.items], [scores.rouge_l.mean, ...scores.rouge_l.sentence]);
  });

  it('by CIDEr-D, with frequencies from the references and without', () => {
    const ours = computeCider(candidates, references);
    expectClose([ours.mean, ...ours.items], [scores.cider.mean, ...scores.cider.sentence]);
    const constant = computeCider(candidates, references, { documentFrequencies: 'none' });
    expectClose([constant.mean, ...constant.items], [scores.cider_df1.mean, ...scores.cider_df1.sentence]);
  });
});

describe('document frequencies of another corpus', () => {
  it('give the scores of pycocoevalcap with the same frequencies', () => {
    const golden = readFixture<{
      df_corpus: string[][];
      items: { refs: string[]; hyp: string }[];
      scores: { cider: MeanAndItems };
    }>('cider-external-df');
    const ours = computeCider(
      golden.items.map(({ hyp }) => hyp),
      golden.items.map(({ refs }) => refs),
      { documentFrequencies: { corpus: golden.df_corpus } },
    );
    expectClose(ours.items, golden.scores.cider.sentence);
  });
});

interface TfidfGolden {
  cases: {
    name: string;
    docs: string[];
    expected: { error?: string; vocabulary: string[]; idf: number[]; cosine: number[][] };
  }[];
  pairs: { items: { ref: string; hyp: string }[]; cosine_fit_pair: number[] };
}

describe('TF-IDF', () => {
  const golden = readFixture<TfidfGolden>('tfidf');

  it.each(golden.cases)("on $name has scikit-learn's numbers", ({ docs, expected }) => {
    if (expected.error !== undefined) {
      expect(() => fitTfidf(docs)).toThrow(/fitTfidf: expected a word/);
      return;
    }
    const model = fitTfidf(docs);
    expect(model.vocabulary()).toEqual(expected.vocabulary);
    expectClose(
      model.vocabulary().map((word) => model.inverseDocumentFrequency(word)!),
      expected.idf,
    );
    const vectors = docs.map((document) => model.vector(document));
    expectClose(
      vectors.flatMap((a) => vectors.map((b) => tfidfCosine(a, b))),
      expected.cosine.flat(),
    );
  });

  it('fitted on each pair alone has the cosines of scikit-learn', () => {
    const { items, cosine_fit_pair } = golden.pairs;
    const ours = computeTfidfCosine(
      items.map(({ hyp }) => hyp),
      items.map(({ ref }) => ref),
      { fit: 'item' },
    );
    expectClose(ours.items, cosine_fit_pair);
  });
});
