import { computeBleu, computeCider, computeRougeL, evaluateReports, tokenize } from '@crrg/metrics';
import type { ParityContext } from '../framework/context.js';
import { checkTexts, tolerance } from './checks.js';
import { checkCorpusMeteor, sharedLexicon, type MeteorGolden } from './meteor.js';

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

function checkMean(
  context: ParityContext,
  name: string,
  ours: { readonly mean: number; readonly items: readonly number[] },
  theirs: MeanAndItems,
): void {
  context.check(`${name} mean`, [ours.mean], [theirs.mean], { tolerance });
  context.check(`${name} per item`, ours.items, theirs.sentence, { tolerance });
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

export async function checkCorpus(context: ParityContext, golden: CorpusCase): Promise<void> {
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
  await checkCorpusMeteor(context, items, scores);
  await checkOneCall(context, golden);
}

export function checkExternalFrequencies(
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
