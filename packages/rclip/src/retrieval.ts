import { DataError } from '@crrg/core';
import { float32, takeRows } from '@crrg/tensor';
import { cosineSimilarities, requireComparable, type Embeddings } from './embeddings.js';

/** How well images find their own text. */
export interface RetrievalScores {
  /** Share of images whose text is the best of all, among the best 5, among the best 10. */
  readonly recallAt1: number;
  readonly recallAt5: number;
  readonly recallAt10: number;
  /** Mean rank of the own text; 1 is best. */
  readonly meanRank: number;
  /** Different texts that were searched. */
  readonly candidates: number;
}

/** What {@link computeRetrieval} compares; row i of each belongs together. */
export interface RetrievalPairs {
  /** `[N, E]`. */
  readonly images: Embeddings;
  /** `[N, E]`. */
  readonly texts: Embeddings;
  /** The texts themselves, or any keys that are equal where texts are. */
  readonly keys: readonly (string | number)[];
}

/** Row numbers of the first occurrence of each key, and of every row among them. */
function mergeEqual(keys: RetrievalPairs['keys']): { first: number[]; candidateOf: number[] } {
  const seen = new Map<string | number, number>();
  const first: number[] = [];
  const candidateOf = keys.map((key, row) => {
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, first.length);
    return first.push(row) - 1;
  });
  return { first, candidateOf };
}

/** Rows whose cosines are computed together, so that memory does not grow with the square of the pairs. */
const BLOCK = 256;

/** Where each image finds its own text. */
export interface RetrievalRanks {
  /** Of each row; 1 is best. Counts the texts that are strictly better. */
  readonly ranks: readonly number[];
  /** Different texts that were searched. */
  readonly candidates: number;
}

/**
 * The rank of each image's own text among all texts, by cosine. Equal texts count once; the first one's embedding stands for them.
 *
 * Source: CXR-CLIP's evaluator, docs/reference/rclip.md#retrieval.
 * @throws {DataError} where the lists differ in length
 * @throws {ShapeError} for embeddings of different widths
 */
export function rankOwnTexts({ images, texts, keys }: RetrievalPairs): RetrievalRanks {
  requireComparable('rclip.computeRetrieval', ['images', images], ['texts', texts]);
  const count = images.shape[0]!;
  if (texts.shape[0] !== count || keys.length !== count)
    throw new DataError(
      `rclip.computeRetrieval: expected one text and key per image, got ${count} images, ${texts.shape[0]} texts and ${keys.length} keys; pair them row by row.`,
    );
  const { first, candidateOf } = mergeEqual(keys);
  const width = texts.shape[1]!;
  const candidates = float32([first.length, width], takeRows(texts.data, first, width));
  const ranks: number[] = [];
  for (let start = 0; start < count; start += BLOCK) {
    const end = Math.min(start + BLOCK, count);
    const block = float32([end - start, width], images.data.subarray(start * width, end * width));
    const { data } = cosineSimilarities(block, candidates);
    for (let row = start; row < end; row++) {
      const scores = data.subarray((row - start) * first.length, (row - start + 1) * first.length);
      const own = scores[candidateOf[row]!]!;
      ranks.push(1 + scores.reduce((better, score) => better + (score > own ? 1 : 0), 0));
    }
  }
  return { ranks, candidates: first.length };
}

/**
 * Recall at 1, 5 and 10 and the mean rank of {@link rankOwnTexts}.
 * @throws {DataError} where the lists differ in length
 * @throws {ShapeError} for embeddings of different widths
 */
export function computeRetrieval(pairs: RetrievalPairs): RetrievalScores {
  const { ranks, candidates } = rankOwnTexts(pairs);
  const recallAt = (limit: number) => ranks.filter((rank) => rank <= limit).length / ranks.length;
  return {
    recallAt1: recallAt(1),
    recallAt5: recallAt(5),
    recallAt10: recallAt(10),
    meanRank: ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length,
    candidates,
  };
}
