import { ConfigError } from '@crrg/core';
import { SPECIAL_TOKENS, type WordPieceVocabulary } from './vocabulary.js';
import { wordSplitter } from './word-pieces.js';

/** Settings of {@link trainWordPieces}. */
export interface TrainWordPiecesOptions {
  /** Largest number of tokens: special ones, single characters, joined pieces. */
  readonly vocabSize: number;
  /** A pair seen fewer times is not joined. @defaultValue 2 */
  readonly minFrequency?: number | undefined;
}

interface Word {
  pieces: string[];
  readonly count: number;
}

const SEPARATOR = ' ';
const CONTINUED = '##';

/**
 * A lower-case WordPiece vocabulary learned from texts: the special tokens, every character (alone and continuing a word), then
 * the most frequent pairs, joined one after the other. The same texts, in any order, give the same vocabulary. Suits corpora of up
 * to some ten thousand distinct words.
 * @throws {@link ConfigError} where `vocabSize` has no room for the characters
 *
 * @example
 * ```ts
 * const tokenizer = createWordPieceTokenizer(trainWordPieces(reports, { vocabSize: 1000 }));
 * ```
 */
export function trainWordPieces(
  texts: Iterable<string>,
  options: TrainWordPiecesOptions,
): WordPieceVocabulary {
  const { vocabSize, minFrequency = 2 } = options;
  const words = countWords(texts);
  const characters = [...new Set(words.flatMap(({ pieces }) => pieces))].sort();
  const vocabulary = new Set<string>([...Object.values(SPECIAL_TOKENS), ...characters]);
  if (!Number.isSafeInteger(vocabSize) || vocabSize < vocabulary.size)
    throw new ConfigError(
      `rclip.trainWordPieces: vocabSize must be an integer of at least ${vocabulary.size} for these texts, got ${vocabSize}; ask for more tokens.`,
    );
  const counts = new Map<string, number>();
  for (const word of words) countPairs(word, 1, counts);
  while (vocabulary.size < vocabSize) {
    const pair = mostFrequentPair(counts, Math.max(1, minFrequency));
    if (!pair) break;
    for (const word of words) joinInWord(word, pair, counts);
    vocabulary.add(joined(pair));
  }
  return [...vocabulary];
}

function countWords(texts: Iterable<string>): Word[] {
  const split = wordSplitter();
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of split(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({
    pieces: [...word].map((character, index) => (index === 0 ? character : CONTINUED + character)),
    count,
  }));
}

type Pair = readonly [string, string];

/** Adds the pairs of a word to the counts, or with -1 takes them off. */
function countPairs({ pieces, count }: Word, sign: 1 | -1, counts: Map<string, number>): void {
  for (let index = 1; index < pieces.length; index++) {
    const key = pieces[index - 1]! + SEPARATOR + pieces[index]!;
    counts.set(key, (counts.get(key) ?? 0) + sign * count);
  }
}

/** The pair seen most often; of equally frequent ones the first in code unit order. */
function mostFrequentPair(counts: ReadonlyMap<string, number>, minFrequency: number): Pair | undefined {
  let best: string | undefined;
  let most = minFrequency;
  for (const [key, count] of counts) {
    const isBetter = best === undefined ? count >= most : count > most || (count === most && key < best);
    if (isBetter) [best, most] = [key, count];
  }
  return best?.split(SEPARATOR) as [string, string] | undefined;
}

function joinInWord(word: Word, pair: Pair, counts: Map<string, number>): void {
  if (!word.pieces.includes(pair[0])) return;
  countPairs(word, -1, counts);
  word.pieces = join(word.pieces, pair);
  countPairs(word, 1, counts);
}

function joined([left, right]: Pair): string {
  return left + right.slice(CONTINUED.length);
}

function join(pieces: readonly string[], [left, right]: Pair): string[] {
  const result: string[] = [];
  for (let index = 0; index < pieces.length; index++) {
    const isPair = pieces[index] === left && pieces[index + 1] === right;
    result.push(isPair ? joined([left, right]) : pieces[index]!);
    if (isPair) index += 1;
  }
  return result;
}
