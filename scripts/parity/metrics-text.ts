import {
  MetricsError,
  computeBleu,
  computeCider,
  computeRougeL,
  computeTfidfCosine,
  evaluateReports,
  fitTfidf,
  ptbTokens,
  tfidfCosine,
  tokenize,
  tokenizePtb,
  type TfidfFit,
} from '@crrg/metrics';
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
import type { ParityContext, ParitySuite } from './framework.js';

/** What the golden data's README allows scores to differ by; tokens, statistics and alignments must be equal. */
const tolerance = 1e-9;

interface Item {
  readonly refs: readonly string[];
  readonly hyp: string;
  readonly refs_raw?: readonly string[];
  readonly hyp_raw?: string;
}

interface MeanAndItems {
  readonly mean: number;
  readonly sentence: readonly number[];
}

interface MeteorGolden {
  readonly aggregate: number;
  readonly segment: readonly number[];
  readonly segment_mean: number;
  readonly stats?: readonly (readonly number[])[];
}

interface CorpusCase {
  readonly mode: 'clean' | 'rgrg' | 'ptb' | 'asis';
  readonly items: readonly Item[];
  readonly scores: {
    readonly bleu: {
      readonly corpus: readonly number[];
      readonly sentence: readonly (readonly number[])[];
      readonly testlen: number;
      readonly reflen: number;
    };
    readonly rouge_l: MeanAndItems;
    readonly cider: MeanAndItems;
    readonly cider_df1: MeanAndItems;
  } & Readonly<Record<'meteor' | 'meteor_exact_stem' | 'meteor_exact', MeteorGolden>>;
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

interface TfidfCase {
  readonly name: string;
  readonly docs: readonly string[];
  readonly expected:
    | { readonly error: string }
    | {
        readonly vocabulary: readonly string[];
        readonly idf: readonly number[];
        readonly rows: readonly Readonly<Record<string, number>>[];
        readonly cosine: readonly (readonly number[])[];
      };
}

type TfidfPairs = {
  readonly items: readonly { readonly ref: string; readonly hyp: string }[];
  readonly mean?: Readonly<Record<string, number>>;
} & Readonly<Record<string, readonly number[] | undefined>>;

let lexicon: Promise<Lexicon> | undefined;

/** WordNet, loaded once for all cases. */
function sharedLexicon(): Promise<Lexicon> {
  return (lexicon ??= loadLexicon());
}

/** Reports how many texts differ, and the first that does. */
function checkTexts(
  context: ParityContext,
  name: string,
  pairs: readonly (readonly [ours: string, theirs: string])[],
): void {
  const different = pairs.filter(([ours, theirs]) => ours !== theirs);
  const note =
    different[0] && `got ${JSON.stringify(different[0][0])}, expected ${JSON.stringify(different[0][1])}`;
  context.report(`${name} of ${pairs.length}`, different.length, 0, note);
}

function checkMean(
  context: ParityContext,
  name: string,
  ours: { readonly mean: number; readonly items: readonly number[] },
  theirs: MeanAndItems,
): void {
  context.check(`${name} mean`, [ours.mean], [theirs.mean], { tolerance });
  context.check(`${name} per item`, ours.items, theirs.sentence, { tolerance });
}

const STAGES_OF = {
  meteor: ['exact', 'stem', 'synonym'],
  meteor_exact_stem: ['exact', 'stem'],
  meteor_exact: ['exact'],
} as const satisfies Readonly<Record<string, readonly MeteorStage[]>>;

async function checkCorpusMeteor(context: ParityContext, { items, scores }: CorpusCase): Promise<void> {
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

/** The one call on the raw texts, where the case has them. */
async function checkOneCall(context: ParityContext, { items, mode, scores }: CorpusCase): Promise<void> {
  if ((mode !== 'ptb' && mode !== 'rgrg') || items[0]?.hyp_raw === undefined) return;
  const texts = items.flatMap((item): [string, string][] => [
    [tokenize(item.hyp_raw!, mode), item.hyp],
    ...item.refs_raw!.map((raw, index): [string, string] => [tokenize(raw, mode), item.refs[index]!]),
  ]);
  checkTexts(context, 'tokenised texts', texts);
  const { totals } = await evaluateReports(
    items.map(({ hyp_raw }) => hyp_raw!),
    items.map(({ refs_raw }) => refs_raw!),
    {
      tokenizer: mode,
      metrics: ['bleu', 'rougeL', 'cider', 'meteor'],
      meteor: { lexicon: await sharedLexicon() },
    },
  );
  const ours = [totals['bleu1'], totals['bleu2'], totals['bleu3'], totals['bleu4']].map(Number);
  context.check('evaluateReports BLEU', ours, scores.bleu.corpus, { tolerance });
  context.check(
    'evaluateReports ROUGE-L, CIDEr, METEOR',
    [totals['rougeL'], totals['cider'], totals['meteor']].map(Number),
    [scores.rouge_l.mean, scores.cider.mean, scores.meteor.aggregate],
    { tolerance },
  );
}

async function checkCorpus(context: ParityContext, golden: CorpusCase): Promise<void> {
  const { items, scores } = golden;
  const candidates = items.map(({ hyp }) => hyp);
  const references = items.map(({ refs }) => refs);
  const bleu = computeBleu(candidates, references);
  context.check('BLEU corpus', bleu.corpus, scores.bleu.corpus, { tolerance });
  context.check('BLEU per item', bleu.items.flat(), scores.bleu.sentence.flat(), { tolerance });
  context.checkEqual(
    'BLEU lengths',
    [bleu.counts.candidateLength, bleu.counts.referenceLength],
    [scores.bleu.testlen, scores.bleu.reflen],
  );
  checkMean(context, 'ROUGE-L', computeRougeL(candidates, references), scores.rouge_l);
  checkMean(context, 'CIDEr', computeCider(candidates, references), scores.cider);
  const constant = computeCider(candidates, references, { documentFrequencies: 'none' });
  checkMean(context, 'CIDEr, frequencies 1', constant, scores.cider_df1);
  await checkCorpusMeteor(context, golden);
  await checkOneCall(context, golden);
}

function checkExternalFrequencies(
  context: ParityContext,
  golden: {
    readonly df_corpus: readonly (readonly string[])[];
    readonly items: readonly Item[];
    readonly scores: Readonly<Record<'cider' | 'cider_df1' | 'cider_corpus', MeanAndItems>>;
  },
): void {
  const candidates = golden.items.map(({ hyp }) => hyp);
  const references = golden.items.map(({ refs }) => refs);
  const frequencies = {
    cider: { corpus: golden.df_corpus },
    cider_df1: 'none',
    cider_corpus: 'references',
  } as const;
  for (const [name, documentFrequencies] of Object.entries(frequencies))
    checkMean(
      context,
      name,
      computeCider(candidates, references, { documentFrequencies }),
      golden.scores[name as keyof typeof frequencies],
    );
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

async function checkDetail(
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

async function checkLexicon(
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

interface TokenizerCase {
  readonly raw: string;
  readonly ptb: string;
  readonly tokens: string;
  readonly tokens_eof?: string;
}

function checkTokenizer(
  context: ParityContext,
  { cases }: { readonly cases: readonly TokenizerCase[] },
): void {
  checkTexts(
    context,
    'tokens',
    cases.map(({ raw, ptb }) => [ptbTokens(raw).join(' '), ptb]),
  );
  checkTexts(
    context,
    'tokens without punctuation',
    cases.map(({ raw, tokens }) => [tokenizePtb(raw), tokens]),
  );
  checkTexts(
    context,
    'tokens at the end of the input',
    cases.map(({ raw, tokens, tokens_eof }) => [tokenizePtb(raw, { isLast: true }), tokens_eof ?? tokens]),
  );
}

interface NormalizerCase {
  readonly raw: string;
  readonly normalized: string;
}

function checkNormalizer(
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

function isRefused(documents: readonly string[]): boolean {
  try {
    fitTfidf(documents);
    return false;
  } catch (error) {
    return MetricsError.isInstance(error);
  }
}

function checkTfidfCase(context: ParityContext, { name, docs, expected }: TfidfCase): void {
  if ('error' in expected) {
    context.report(`${name} is refused`, isRefused(docs) ? 0 : 1, 0);
    return;
  }
  const model = fitTfidf(docs);
  const vectors = docs.map((document) => model.vector(document));
  checkTexts(context, `${name} vocabulary`, [[model.vocabulary().join(' '), expected.vocabulary.join(' ')]]);
  const frequencies = model.vocabulary().map((word) => model.inverseDocumentFrequency(word)!);
  context.check(`${name} inverse document frequencies`, frequencies, expected.idf, { tolerance });
  expected.rows.forEach((row, index) => {
    const words = Object.keys(row);
    const ours = [vectors[index]!.size, ...words.map((word) => vectors[index]!.get(word) ?? Number.NaN)];
    context.check(`${name} row ${index}`, ours, [words.length, ...Object.values(row)], { tolerance });
  });
  const cosines = vectors.flatMap((a) => vectors.map((b) => tfidfCosine(a, b)));
  context.check(`${name} cosines`, cosines, expected.cosine.flat(), { tolerance });
}

const FIT_OF: Readonly<Record<string, TfidfFit>> = {
  fit_all: 'all',
  fit_refs: 'references',
  fit_pair: 'item',
};

function checkTfidf(
  context: ParityContext,
  golden: { readonly cases: readonly TfidfCase[]; readonly pairs?: TfidfPairs },
): void {
  for (const each of golden.cases) checkTfidfCase(context, each);
  const { pairs } = golden;
  if (!pairs) return;
  const candidates = pairs.items.map(({ hyp }) => hyp);
  const references = pairs.items.map(({ ref }) => ref);
  for (const [name, fit] of Object.entries(FIT_OF)) {
    const cosines = pairs[`cosine_${name}`];
    if (!cosines) continue;
    const ours = computeTfidfCosine(candidates, references, { fit });
    context.check(`${name} per item`, ours.items, cosines, { tolerance });
    const mean = pairs.mean?.[name];
    if (mean !== undefined) context.check(`${name} mean`, [ours.mean], [mean], { tolerance });
  }
}

type Check = (context: ParityContext, golden: never) => void | Promise<void>;

/** What a file holds is told by its fields: those of the file itself, then those of its first case. */
const CHECKS: readonly (readonly [field: string, inCase: string | undefined, check: Check])[] = [
  ['df_corpus', undefined, checkExternalFrequencies],
  ['scores', undefined, checkCorpus],
  ['words', undefined, checkLexicon],
  ['cases', 'matches', checkDetail],
  ['cases', 'ptb', checkTokenizer],
  ['cases', 'normalized', checkNormalizer],
  ['cases', 'docs', checkTfidf],
];

function checkFor(sidecar: Readonly<Record<string, unknown>>): Check | undefined {
  const [first] = (sidecar['cases'] as readonly object[] | undefined) ?? [];
  return CHECKS.find(
    ([field, inCase]) =>
      field in sidecar && (inCase === undefined || (first !== undefined && inCase in first)),
  )?.[2];
}

/** Text scores against pycocoevalcap, CoreNLP's tokenizer, METEOR 1.5 and scikit-learn; files of the schema `nlg-golden/1`. */
export const textMetricsSuite: ParitySuite = {
  name: 'metrics-text',
  matches: () => true,
  run: async (context) => {
    const check = checkFor(context.sidecar);
    if (!check) throw new Error(`${context.name}: has none of the fields that this suite knows`);
    await check(context, context.sidecar as never);
  },
};
