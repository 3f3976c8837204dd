import { beforeAll, describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { FUNCTION_WORDS } from './function-words.js';
import { loadLexicon, type Lexicon } from './lexicon.js';
import { METEOR_STAGES, type MeteorStage } from './match.js';
import { Meteor, computeMeteor } from './meteor.js';
import { normalizeForMeteor } from './normalize.js';
import { ParaphraseTable } from './paraphrases.js';
import { stemEnglish } from './stem.js';

/** JavaScript's power function may differ from Java's in the last bit. */
const TOLERANCE = 1e-12;

let lexicon: Lexicon;

beforeAll(async () => {
  lexicon = await loadLexicon();
});

interface Line {
  raw: string;
  normalized: string;
}

describe('the normaliser', () => {
  const { cases, abbreviation_probe } = readFixture<{ cases: Line[]; abbreviation_probe: Line[] }>(
    'meteor-normalizer',
  );

  it.each([...cases, ...abbreviation_probe])("writes '$raw' as METEOR does", ({ raw, normalized }) => {
    expect(normalizeForMeteor(raw)).toBe(normalized);
  });
});

interface LexiconWord {
  word: string;
  stem: string;
  function: 0 | 1;
  synonyms?: string[];
}

describe('the lexicon', () => {
  const { words, probe_words } = readFixture<{ words: LexiconWord[]; probe_words: LexiconWord[] }>(
    'meteor-lexicon',
  );

  it("has METEOR's stems and function words", () => {
    for (const { word, stem, function: flag } of [...words, ...probe_words]) {
      expect([word, stemEnglish(word)]).toEqual([word, stem]);
      expect([word, FUNCTION_WORDS.has(word)]).toEqual([word, flag === 1]);
    }
    expect(FUNCTION_WORDS.size).toBe([...words, ...probe_words].filter((each) => each.function === 1).length);
  });

  it('finds the pairs of words that METEOR takes for synonyms, and no other', () => {
    const meanings = new Map(words.map(({ word }) => [word, new Set(lexicon.meanings(word))]));
    for (const { word, synonyms = [] } of words) {
      const ours = words
        .map((each) => each.word)
        .filter(
          (other) =>
            other !== word && [...meanings.get(word)!].some((each) => meanings.get(other)!.has(each)),
        );
      expect([word, ...ours.sort()]).toEqual([word, ...[...synonyms].sort()]);
    }
  });
});

interface DetailCase {
  refs: string[];
  hyp: string;
  hyp_words: string[];
  ref_words: string[];
  best_ref: number;
  matches: number[][];
  stats: number[];
  precision: number | null;
  recall: number | null;
  fmean: number | null;
  frag_penalty: number | null;
  score: number | null;
}

describe.each(['meteor-detail', 'meteor-mini-paraphrase'])('on %s', (name) => {
  const { cases, table } = readFixture<{
    cases: DetailCase[];
    table?: { reference: string; paraphrase: string }[];
  }>(name);

  it('alignments, statistics and scores are those of METEOR 1.5', () => {
    const entries = table?.map(({ reference, paraphrase }) => ({ phrase: reference, paraphrase }));
    const meteor = new Meteor({ lexicon, paraphrases: entries && new ParaphraseTable(entries) });
    for (const golden of cases) {
      const ours = meteor.align(golden.hyp, golden.refs);
      expect(ours.candidateWords).toEqual(golden.hyp_words);
      expect(ours.referenceWords).toEqual(golden.ref_words);
      expect(ours.referenceIndex).toBe(golden.best_ref);
      expect(
        ours.matches.map((match) => [
          match.referenceStart,
          match.referenceLength,
          match.candidateStart,
          match.candidateLength,
          METEOR_STAGES.indexOf(match.stage),
        ]),
      ).toEqual(golden.matches);
      expect(ours.statistics).toEqual(golden.stats);
      const scores = [ours.precision, ours.recall, ours.fmean, ours.fragmentationPenalty, ours.score];
      const theirs = [golden.precision, golden.recall, golden.fmean, golden.frag_penalty, golden.score];
      scores.forEach((score, index) =>
        expect(Math.abs(score - (theirs[index] ?? 0))).toBeLessThan(TOLERANCE),
      );
    }
  });
});

interface Corpus {
  items: { refs: string[]; hyp: string }[];
  scores: Record<'meteor' | 'meteor_exact_stem' | 'meteor_exact', { aggregate: number; segment: number[] }>;
}

const STAGES: Record<keyof Corpus['scores'], MeteorStage[]> = {
  meteor: ['exact', 'stem', 'synonym'],
  meteor_exact_stem: ['exact', 'stem'],
  meteor_exact: ['exact'],
};

describe.each([
  'corpus-size1-identical.ptb',
  'corpus-size20-single.clean',
  'corpus-size20-multi.ptb',
  'corpus-edge.asis',
  'corpus-edge.ptb',
])('on %s', (name) => {
  const { items, scores } = readFixture<Corpus>(name);

  it.each(Object.keys(STAGES) as (keyof Corpus['scores'])[])('%s has the scores of METEOR 1.5', (kind) => {
    const ours = computeMeteor(
      new Meteor({ stages: STAGES[kind], lexicon }),
      items.map(({ hyp }) => hyp),
      items.map(({ refs }) => refs),
    );
    expect(Math.abs(ours.aggregate.score - scores[kind].aggregate)).toBeLessThan(TOLERANCE);
    ours.items.forEach(({ score }, index) =>
      expect(Math.abs(score - scores[kind].segment[index]!)).toBeLessThan(TOLERANCE),
    );
  });
});
