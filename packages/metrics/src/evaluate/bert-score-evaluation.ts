import {
  computeBertScore,
  inverseDocumentWeights,
  rescaleBertScore,
  type BertScore,
  type TokenWeights,
} from '../text/bert-score.js';
import { toTextItems, type References } from '../text/items.js';
import type { ReportEvaluation } from './evaluate.js';
import { evaluationOfMeans } from './made-scores.js';

/** A network that gives a vector for each token of a text. */
export interface BertScoreModel {
  /** For the signature: which network, which layer. */
  readonly name: string;
  /** Numbers of a text's tokens, with the marks of begin and end. */
  readonly tokenize: (text: string) => readonly number[];
  /** The vectors of the tokens, one after the other. */
  readonly embed: (ids: readonly number[]) => Promise<ArrayLike<number>>;
}

/** How far {@link evaluateBertScore} is. */
export interface BertScoreProgress {
  readonly type: 'items-progress';
  readonly done: number;
  readonly total: number;
}

/** Options of {@link evaluateBertScore}. */
export interface BertScoreOptions {
  /** Rare tokens of the references weigh more. @defaultValue false */
  readonly idf?: boolean | undefined;
  /** What unrelated texts score, by the network's and layer's line of `bert_score`'s tables. @defaultValue no rescaling */
  readonly baseline?: BertScore | undefined;
  readonly onProgress?: ((event: BertScoreProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The best of several references, for each number on its own, as in the reference. */
function bestOf(scores: readonly BertScore[]): BertScore {
  const best = (name: keyof BertScore) => Math.max(...scores.map((score) => score[name]));
  return { precision: best('precision'), recall: best('recall'), f1: best('f1') };
}

/** Tokens that an empty text has weigh nothing, all others the same. */
function evenWeights(model: BertScoreModel): TokenWeights {
  const marks = new Set(model.tokenize(''));
  return (id) => (marks.has(id) ? 0 : 1);
}

/**
 * BERTScore of reports with a network that you bring: means of precision, recall and F1; with what intervals and comparisons need.
 *
 * @example
 * ```ts
 * const { totals } = await evaluateBertScore(model, candidates, references, { baseline: { precision: 0.847, recall: 0.848, f1: 0.847 } });
 * totals.bertscoreF1;
 * ```
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored or the network gives not a vector for each token; the signal's reason
 */
export async function evaluateBertScore(
  model: BertScoreModel,
  candidates: readonly string[],
  references: readonly References[],
  { idf = false, baseline, onProgress, signal }: BertScoreOptions = {},
): Promise<ReportEvaluation> {
  const items = toTextItems('evaluateBertScore', candidates, references);
  const weights = idf
    ? inverseDocumentWeights(items.flatMap((item) => item.references.map((text) => model.tokenize(text))))
    : evenWeights(model);
  const embedded = async (text: string) => {
    signal?.throwIfAborted();
    const ids = model.tokenize(text);
    return { ids, states: await model.embed(ids) };
  };
  const rows: Record<string, number>[] = [];
  for (const item of items) {
    const candidate = await embedded(item.candidate);
    const scores: BertScore[] = [];
    for (const reference of item.references)
      scores.push(computeBertScore(candidate, await embedded(reference), weights));
    const best = bestOf(scores);
    const { precision, recall, f1 } = baseline ? rescaleBertScore(best, baseline) : best;
    rows.push({ bertscorePrecision: precision, bertscoreRecall: recall, bertscoreF1: f1 });
    onProgress?.({ type: 'items-progress', done: rows.length, total: items.length });
  }
  const choices = { model: model.name, idf: idf ? 'references' : 'no', rescaled: baseline ? 'yes' : 'no' };
  return evaluationOfMeans('bertscore', choices, rows);
}
