/** How alike two sentences are, in [0, 1]; symmetric. */
export interface SentenceSimilarity {
  /** For provenance. */
  readonly name: string;
  compare(a: string, b: string): number | Promise<number>;
}

function countTokens(sentence: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const token of sentence.toLowerCase().match(/[\p{L}\p{N}]+(?:[.'-][\p{L}\p{N}]+)*/gu) ?? [])
    counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

/**
 * F1 of the words that two sentences share, counted with repetition, without case, punctuation or order. It takes "left" for
 * "right" as one word in many: keep the threshold high.
 */
export const tokenOverlapSimilarity: SentenceSimilarity = {
  name: 'token-overlap-f1',
  compare: (a, b) => {
    const [left, right] = [countTokens(a), countTokens(b)];
    const words = total(left) + total(right);
    if (words === 0) return 0;
    let shared = 0;
    for (const [token, count] of left) shared += Math.min(count, right.get(token) ?? 0);
    return (2 * shared) / words;
  },
};
