import { ConfigError, DataError } from '@crrg/core';
import type { EncodedText, TextTokenizer } from '../text-batches.js';
import { SPECIAL_TOKENS, checkWordPieceVocabulary, type WordPieceVocabulary } from './vocabulary.js';
import { wordPieceSplitter } from './word-pieces.js';

/** One text as token ids: `[CLS]`, its pieces, `[SEP]`. */
export interface TokenizedText extends EncodedText {
  /** Tokens of the whole text, `[CLS]` and `[SEP]` included; more than `tokenIds` holds where the text was cut. */
  readonly numTokens: number;
}

/** Text to the token ids of a BERT. */
export interface WordPieceTokenizer extends TextTokenizer {
  /** What it was made of. */
  readonly vocabulary: WordPieceVocabulary;
  /**
   * One text. The literals `[CLS]`, `[SEP]`, `[PAD]`, `[UNK]` and `[MASK]` are one token each, as in the reference.
   * @throws `DataError` for a text without words, `ConfigError` for an unusable length
   */
  encode(
    text: string,
    options?: {
      /** Longest text in tokens, `[CLS]` and `[SEP]` included; of a longer one the beginning is kept. @defaultValue 256 */
      readonly maxLength?: number | undefined;
    },
  ): TokenizedText;
  /** The pieces of a text, unknown words as `[UNK]`; without `[CLS]` and `[SEP]`. */
  tokenize(text: string): string[];
}

/**
 * A BERT tokeniser over a vocabulary. It lower-cases also where the vocabulary holds capitals, as the reference does.
 *
 * Source: docs/reference/rclip.md#tokeniser.
 * @throws {@link DataError} where the vocabulary is not whole
 *
 * @example
 * ```ts
 * const tokenizer = createWordPieceTokenizer(parseWordPieceVocabulary(vocabTxt));
 * const { tokenIds, isTruncated } = tokenizer.encode('No pleural effusion.');
 * ```
 */
export function createWordPieceTokenizer(vocabulary: WordPieceVocabulary): WordPieceTokenizer {
  const splitter = wordPieceSplitter(checkWordPieceVocabulary(vocabulary));
  const idOf = (token: string) => splitter.token_to_id(token)!;
  const [beginId, endId] = [idOf(SPECIAL_TOKENS.begin), idOf(SPECIAL_TOKENS.end)];
  return {
    vocabulary,
    vocabSize: vocabulary.length,
    padTokenId: idOf(SPECIAL_TOKENS.pad),
    tokenize: (text) => splitter.tokenize(assertText(text), { add_special_tokens: false }),
    encode: (text, { maxLength = 256 } = {}) => {
      assertLength(maxLength);
      const ids = splitter.encode(assertText(text), { add_special_tokens: false }).ids;
      if (ids.length === 0) throw emptyText(text);
      const numTokens = ids.length + 2;
      return {
        tokenIds: [beginId, ...ids.slice(0, maxLength - 2), endId],
        numTokens,
        isTruncated: numTokens > maxLength,
      };
    },
  };
}

function assertLength(maxLength: number): void {
  if (Number.isSafeInteger(maxLength) && maxLength >= 3) return;
  throw new ConfigError(
    `rclip.tokenizer: expected a maxLength of at least 3 ([CLS], one token, [SEP]), got ${maxLength}; correct it.`,
  );
}

function assertText(text: string): string {
  if (typeof text === 'string') return text;
  throw new DataError(`rclip.tokenizer: expected a string, got ${typeof text}; pass a text.`);
}

function emptyText(text: string): DataError {
  const shown = JSON.stringify(text.slice(0, 20));
  return new DataError(`rclip.tokenizer: expected words, got ${shown}; leave out empty texts.`);
}
