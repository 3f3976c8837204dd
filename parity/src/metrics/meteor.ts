import {
  FUNCTION_WORDS,
  METEOR_STAGES,
  Meteor,
  MeteorSum,
  ParaphraseTable,
  computeMeteor,
  loadLexicon,
  normalizeForMeteor,
  stemEnglish,
  type Lexicon,
  type MeteorAlignment,
  type MeteorStage,
} from '@crrg/metrics/meteor';
import type { ParityContext } from '../framework/context.js';
import { checkTexts, tolerance } from './checks.js';

export interface MeteorGolden {
  readonly aggregate: number;
  readonly segment: readonly number[];
  readonly segment_mean: number;
  readonly stats?: readonly (readonly number[])[];
}

interface DetailCase {
  readonly refs: readonly string[];
  readonly hyp: string;
  readonly hyp_words: readonly string[];
  readonly ref_words: readonly string[];
  readonly best_ref: number;
  readonly matches: readonly (readonly number[])[];
  readonly stats: readonly number[];
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly fmean: number | null;
  readonly frag_penalty: number | null;
  readonly score: number | null;
}

interface LexiconWord {
  readonly word: string;
  readonly stem: string;
  readonly function: 0 | 1;
  readonly synonyms?: readonly string[];
}

let lexicon: Promise<Lexicon> | undefined;

/** WordNet, loaded once for all cases. */
export function sharedLexicon(): Promise<Lexicon> {
  return (lexicon ??= loadLexicon());
}

const STAGES_OF = {
  meteor: ['exact', 'stem', 'synonym'],
  meteor_exact_stem: ['exact', 'stem'],
  meteor_exact: ['exact'],
} as const satisfies Readonly<Record<string, readonly MeteorStage[]>>;

/** Scores of a corpus by stages. */
export async function checkCorpusMeteor(
  context: ParityContext,
  items: readonly { readonly hyp: string; readonly refs: readonly string[] }[],
  scores: Readonly<Record<keyof typeof STAGES_OF, MeteorGolden>>,
): Promise<void> {
  for (const [name, stages] of Object.entries(STAGES_OF)) {
    const golden = scores[name as keyof typeof STAGES_OF];
    const ours = computeMeteor(
      new Meteor({ stages, lexicon: await sharedLexicon() }),
      items.map(({ hyp }) => hyp),
      items.map(({ refs }) => refs),
    );
    const segments = ours.items.map(({ score }) => score);
    const mean = segments.reduce((sum, score) => sum + score, 0) / segments.length;
    context.check(`${name} aggregate`, [ours.aggregate.score], [golden.aggregate], { tolerance });
    context.check(`${name} per item`, segments, golden.segment, { tolerance });
    context.check(`${name} mean`, [mean], [golden.segment_mean], { tolerance });
    if (golden.stats)
      context.checkEqual(
        `${name} statistics`,
        ours.items.flatMap(({ statistics }) => statistics),
        golden.stats.flat(),
      );
  }
}

function checkAlignments(
  context: ParityContext,
  cases: readonly DetailCase[],
  alignments: readonly MeteorAlignment[],
): void {
  const words = cases.flatMap((golden, index): [string, string][] => [
    [alignments[index]!.candidateWords.join(' '), golden.hyp_words.join(' ')],
    [alignments[index]!.referenceWords.join(' '), golden.ref_words.join(' ')],
  ]);
  checkTexts(context, 'normalised texts', words);
  const matches = alignments.map((each) =>
    each.matches.map((match) => [
      match.referenceStart,
      match.referenceLength,
      match.candidateStart,
      match.candidateLength,
      METEOR_STAGES.indexOf(match.stage),
    ]),
  );
  checkTexts(
    context,
    'alignments',
    cases.map((golden, index) => [JSON.stringify(matches[index]), JSON.stringify(golden.matches)]),
  );
  const ours = alignments.flatMap((each) => [each.referenceIndex, ...each.statistics]);
  context.checkEqual(
    'chosen reference and statistics',
    ours,
    cases.flatMap((golden) => [golden.best_ref, ...golden.stats]),
  );
}

export async function checkDetail(
  context: ParityContext,
  golden: {
    readonly table?: readonly { readonly reference: string; readonly paraphrase: string }[];
    readonly cases: readonly DetailCase[];
    readonly aggregate?: number;
  },
): Promise<void> {
  const entries = golden.table?.map(({ reference, paraphrase }) => ({ phrase: reference, paraphrase }));
  const meteor = new Meteor({
    lexicon: await sharedLexicon(),
    paraphrases: entries && new ParaphraseTable(entries),
  });
  const alignments = golden.cases.map(({ hyp, refs }) => meteor.align(hyp, refs));
  checkAlignments(context, golden.cases, alignments);
  context.check(
    'precision, recall, F1, mean, penalty, score',
    alignments.flatMap((each) => [
      each.precision,
      each.recall,
      each.f1,
      each.fmean,
      each.fragmentationPenalty,
      each.score,
    ]),
    // Null is not a number, for which METEOR's score is 0.
    golden.cases.flatMap((each) =>
      [each.precision, each.recall, each.f1, each.fmean, each.frag_penalty, each.score].map(
        (value) => value ?? 0,
      ),
    ),
    { tolerance },
  );
  if (golden.aggregate === undefined) return;
  const sum = new MeteorSum();
  for (const each of alignments) sum.add(each);
  context.check('aggregate', [sum.scores().score], [golden.aggregate], { tolerance });
}

export async function checkLexicon(
  context: ParityContext,
  golden: { readonly words: readonly LexiconWord[]; readonly probe_words: readonly LexiconWord[] },
): Promise<void> {
  const all = [...golden.words, ...golden.probe_words];
  checkTexts(
    context,
    'stems',
    all.map(({ word, stem }) => [stemEnglish(word), stem]),
  );
  context.checkEqual(
    'function words',
    all.map(({ word }) => FUNCTION_WORDS.has(word)),
    all.map((each) => each.function),
  );
  const words = await sharedLexicon();
  const meanings = new Map(golden.words.map(({ word }) => [word, new Set(words.meanings(word))]));
  const synonymsOf = (word: string) =>
    golden.words
      .map((other) => other.word)
      .filter(
        (other) => other !== word && [...meanings.get(word)!].some((each) => meanings.get(other)!.has(each)),
      );
  checkTexts(
    context,
    'synonyms',
    golden.words.map(({ word, synonyms }) => [
      synonymsOf(word).sort().join(' '),
      [...(synonyms ?? [])].sort().join(' '),
    ]),
  );
}

interface NormalizerCase {
  readonly raw: string;
  readonly normalized: string;
}

export function checkNormalizer(
  context: ParityContext,
  golden: {
    readonly cases: readonly NormalizerCase[];
    readonly abbreviation_probe?: readonly NormalizerCase[];
  },
): void {
  const lines = [...golden.cases, ...(golden.abbreviation_probe ?? [])];
  checkTexts(
    context,
    'normalised lines',
    lines.map(({ raw, normalized }) => [normalizeForMeteor(raw), normalized]),
  );
}
