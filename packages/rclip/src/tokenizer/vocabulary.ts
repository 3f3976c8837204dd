import { DataError } from '@crrg/core';

/** The tokens that stand for the beginning, the end, padding, what is unknown, and what is hidden. */
export const SPECIAL_TOKENS = {
  pad: '[PAD]',
  unknown: '[UNK]',
  begin: '[CLS]',
  end: '[SEP]',
  mask: '[MASK]',
} as const;

/** A WordPiece vocabulary: tokens in the order of their ids, those that continue a word beginning with `##`. */
export type WordPieceVocabulary = readonly string[];

/**
 * A vocabulary from the content of BERT's `vocab.txt`: a token a line, its id the number of the line from 0.
 * @throws {DataError} naming the line that is empty or repeated, or the special tokens that are missing
 *
 * @example
 * ```ts
 * const vocabulary = parseWordPieceVocabulary(await readFile('vocab.txt', 'utf8'));
 * ```
 */
export function parseWordPieceVocabulary(text: string): WordPieceVocabulary {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return checkWordPieceVocabulary(lines);
}

/** The content of `vocab.txt`. */
export function toVocabularyText(vocabulary: WordPieceVocabulary): string {
  return `${vocabulary.join('\n')}\n`;
}

/**
 * The vocabulary itself where its tokens are different and the special ones among them.
 * @throws {DataError} as {@link parseWordPieceVocabulary}
 */
export function checkWordPieceVocabulary(vocabulary: readonly string[]): WordPieceVocabulary {
  const ids = new Map<string, number>();
  vocabulary.forEach((token, id) => {
    if (token === '') fail(`expected a token on every line, got nothing on line ${id + 1}`);
    const other = ids.get(token);
    if (other !== undefined)
      fail(`expected different tokens, got "${token}" on lines ${other + 1} and ${id + 1}`);
    ids.set(token, id);
  });
  const missing = Object.values(SPECIAL_TOKENS).filter((token) => !ids.has(token));
  if (missing.length > 0) fail(`expected the special tokens, got none of ${missing.join(' ')}`);
  return vocabulary;
}

function fail(problem: string): never {
  throw new DataError(`rclip.parseWordPieceVocabulary: ${problem}; give the vocab.txt of a BERT.`);
}
