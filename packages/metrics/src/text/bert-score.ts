import { MetricsError } from '../errors.js';

/** Precision, recall and F1 of greedily matched tokens; at most 1 before rescaling. */
export interface BertScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A text as a network sees it: token numbers, and a vector for each, one after the other. */
export interface EmbeddedText {
  readonly ids: readonly number[];
  readonly states: ArrayLike<number>;
}

/** How much each token number weighs. */
export type TokenWeights = (id: number) => number;

/**
 * Weights by inverse document frequency: the logarithm of (documents + 1) / (documents with the token + 1). Tokens that are in every document,
 * such as the marks of begin and end, weigh nothing.
 */
export function inverseDocumentWeights(documents: readonly (readonly number[])[]): TokenWeights {
  const counts = new Map<number, number>();
  for (const ids of documents) for (const id of new Set(ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return (id) => Math.log((documents.length + 1) / ((counts.get(id) ?? 0) + 1));
}

/** The vectors, each of length 1. */
function unitVectors({ ids, states }: EmbeddedText): { count: number; width: number; values: Float64Array } {
  const width = states.length / ids.length;
  if (ids.length === 0 || !Number.isInteger(width) || width === 0)
    throw new MetricsError(
      'INPUT',
      `metrics.computeBertScore: expected a vector for each of ${ids.length} tokens, got ${states.length} numbers; give the network's states of one text.`,
    );
  const values = Float64Array.from(states);
  for (let token = 0; token < ids.length; token++) {
    const vector = values.subarray(token * width, (token + 1) * width);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    for (let at = 0; at < width; at++) vector[at]! /= length;
  }
  return { count: ids.length, width, values };
}

/** The mean of the best cosines, by weight. */
function weightedMean(best: ArrayLike<number>, ids: readonly number[], weights: TokenWeights): number {
  let [sum, total] = [0, 0];
  ids.forEach((id, token) => {
    const weight = weights(id);
    sum += weight * best[token]!;
    total += weight;
  });
  return total > 0 ? sum / total : 0;
}

/**
 * BERTScore of two texts from their contextual vectors: every token is matched with the most similar one of the other text, by cosine.
 *
 * Reference: the Python package `bert_score` without rescaling; tokens of no weight can be matched but do not count, and a text of such tokens alone
 * scores 0. Source: Zhang et al., *BERTScore: evaluating text generation with BERT*, ICLR 2020.
 *
 * @example
 * ```ts
 * const marks = new Set([101, 102]);
 * computeBertScore(candidate, reference, (id) => (marks.has(id) ? 0 : 1)).f1;
 * ```
 * @throws {@link MetricsError} `INPUT` where a text has not a vector for each token
 */
export function computeBertScore(
  candidate: EmbeddedText,
  reference: EmbeddedText,
  weights: TokenWeights,
): BertScore {
  const [ours, theirs] = [unitVectors(candidate), unitVectors(reference)];
  if (ours.width !== theirs.width)
    throw new MetricsError(
      'INPUT',
      `metrics.computeBertScore: expected vectors of one width, got ${ours.width} and ${theirs.width}; use one network.`,
    );
  const bestOfOurs = new Float64Array(ours.count).fill(-Infinity);
  const bestOfTheirs = new Float64Array(theirs.count).fill(-Infinity);
  for (let row = 0; row < ours.count; row++)
    for (let column = 0; column < theirs.count; column++) {
      let cosine = 0;
      for (let at = 0; at < ours.width; at++)
        cosine += ours.values[row * ours.width + at]! * theirs.values[column * ours.width + at]!;
      bestOfOurs[row] = Math.max(bestOfOurs[row]!, cosine);
      bestOfTheirs[column] = Math.max(bestOfTheirs[column]!, cosine);
    }
  const hasWords = [candidate, reference].every(({ ids }) => ids.some((id) => weights(id) > 0));
  const precision = hasWords ? weightedMean(bestOfOurs, candidate.ids, weights) : 0;
  const recall = hasWords ? weightedMean(bestOfTheirs, reference.ids, weights) : 0;
  const sum = precision + recall;
  return { precision, recall, f1: sum === 0 ? 0 : (2 * precision * recall) / sum };
}

/** A score on the scale on which unrelated texts have about 0: (score - baseline) / (1 - baseline). */
export function rescaleBertScore(score: BertScore, baseline: BertScore): BertScore {
  const rescaled = (name: keyof BertScore) => (score[name] - baseline[name]) / (1 - baseline[name]);
  return { precision: rescaled('precision'), recall: rescaled('recall'), f1: rescaled('f1') };
}
