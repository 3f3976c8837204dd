import { ConfigError } from '@crrg/core';
import { ALPHABET, toByteWords } from './byte-alphabet.js';
import { END_OF_TEXT, type BpeVocabulary } from './vocabulary.js';

/** Settings of {@link trainBpe}. */
export interface TrainBpeOptions {
  /** Largest number of tokens: 256 bytes, merges, and the end of text. At least 257. */
  readonly vocabSize: number;
  /** A pair seen fewer times is not merged. @defaultValue 2 */
  readonly minFrequency?: number | undefined;
}

interface Word {
  symbols: string[];
  readonly count: number;
}

const SEPARATOR = ' ';

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of toByteWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({ symbols: [...word], count }));
}

function countPairs(words: readonly Word[]): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let index = 1; index < symbols.length; index++) {
      const pair = symbols[index - 1]! + SEPARATOR + symbols[index]!;
      pairs.set(pair, (pairs.get(pair) ?? 0) + count);
    }
  }
  return pairs;
}

/** The most frequent pair; of equally frequent ones the first in code unit order. */
function bestPair(pairs: ReadonlyMap<string, number>, minFrequency: number): string | undefined {
  let best: string | undefined;
  let bestCount = minFrequency - 1;
  for (const [pair, count] of pairs) {
    if (count > bestCount || (count === bestCount && best !== undefined && pair < best))
      [best, bestCount] = [pair, count];
  }
  return best;
}

function merge(symbols: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let index = 0; index < symbols.length; index++) {
    const joins = symbols[index] === left && symbols[index + 1] === right;
    merged.push(joins ? left + right : symbols[index]!);
    if (joins) index += 1;
  }
  return merged;
}

/**
 * A byte-level BPE vocabulary learned from texts. The same texts, in any order, give the same vocabulary.
 *
 * Ids: the 256 bytes, then the merges in the order in which they were learned, then `<|endoftext|>` last. Training recounts all
 * distinct words for every merge, which suits corpora of up to some ten thousand distinct words.
 * @throws {ConfigError} where `vocabSize` is too small
 *
 * @example
 * ```ts
 * const vocabulary = trainBpe(sentences, { vocabSize: 1024 });
 * const tokenizer = createTokenizer(vocabulary);
 * ```
 */
export function trainBpe(texts: Iterable<string>, options: TrainBpeOptions): BpeVocabulary {
  const { vocabSize, minFrequency = 2 } = options;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < ALPHABET.length + 1)
    throw new ConfigError(
      `report-gen.trainBpe: vocabSize must be an integer of at least ${ALPHABET.length + 1}, got ${vocabSize}; ask for more tokens.`,
    );
  const words = countWords(texts);
  const tokens = new Set(ALPHABET);
  const merges: [string, string][] = [];
  while (tokens.size < vocabSize - 1) {
    const pair = bestPair(countPairs(words), Math.max(1, minFrequency));
    if (pair === undefined) break;
    const [left, right] = pair.split(SEPARATOR) as [string, string];
    merges.push([left, right]);
    tokens.add(left + right);
    for (const word of words)
      if (word.symbols.includes(left)) word.symbols = merge(word.symbols, left, right);
  }
  return { vocab: Object.fromEntries([...tokens, END_OF_TEXT].map((token, id) => [token, id])), merges };
}
