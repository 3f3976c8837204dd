import { ConfigError, DataError, type WarningListener } from '@crrg/core';
import { float32, int32, type HostTensor } from '@crrg/tensor';
import { SPECIAL_TOKENS, checkWordPieceVocabulary, type WordPieceVocabulary } from './vocabulary.js';
import { wordPieceSplitter } from './word-pieces.js';

/** One text as token ids. */
export interface TokenizedText {
  /** `[CLS]`, the text, `[SEP]`; at most `maxLength`. */
  readonly tokenIds: readonly number[];
  /** Tokens of the whole text, `[CLS]` and `[SEP]` included; more than `tokenIds` holds where the text was cut. */
  readonly numTokens: number;
}

/** A text of which only the beginning was kept. */
export interface CutText {
  /** Which of the given texts. */
  readonly index: number;
  /** Its tokens, `[CLS]` and `[SEP]` included. */
  readonly numTokens: number;
}

/** Texts as network input, padded at the end. `B` texts, `T` tokens. */
export interface TokenBatch {
  /** `[B, T]` */
  readonly tokenIds: HostTensor<'int32'>;
  /** `[B, T]`: 1 for tokens, 0 for the padding. */
  readonly attentionMask: HostTensor<'float32'>;
  /** The texts that were longer than `maxLength`, in order. */
  readonly cut: readonly CutText[];
}

/** How texts become a {@link TokenBatch}. */
export interface EncodeTextsOptions {
  /** Longest text in tokens, `[CLS]` and `[SEP]` included. @defaultValue that of the tokeniser */
  readonly maxLength?: number | undefined;
  /** Pad to the longest of these texts, or always to `maxLength`. Padding never changes an embedding. @defaultValue 'longest' */
  readonly padding?: 'longest' | 'maxLength' | undefined;
  /** Hears of texts that were cut. */
  readonly onWarning?: WarningListener | undefined;
}

/** Text to the token ids of a BERT. */
export interface WordPieceTokenizer {
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly padId: number;
  /**
   * One text. The literals `[CLS]`, `[SEP]`, `[PAD]`, `[UNK]` and `[MASK]` are one token each, as in the reference.
   * @throws `DataError` for a text without tokens, `ConfigError` for an unusable length
   */
  encode(text: string, options?: Pick<EncodeTextsOptions, 'maxLength'>): TokenizedText;
  /**
   * Texts as one batch.
   * @throws `DataError` for no text, or one without tokens (named by its index), `ConfigError` for an unusable length
   */
  encodeBatch(texts: readonly string[], options?: EncodeTextsOptions): TokenBatch;
  /** The pieces of a text, unknown words as `[UNK]`; without `[CLS]` and `[SEP]`. */
  tokenize(text: string): string[];
}

/**
 * A BERT tokeniser over a vocabulary. It lower-cases also where the vocabulary holds capitals, as the reference does.
 *
 * Source: architecture.md section 8.2.
 * @throws {@link DataError} where the vocabulary is not whole
 *
 * @example
 * ```ts
 * const tokenizer = createWordPieceTokenizer(parseWordPieceVocabulary(vocabTxt));
 * const { tokenIds, attentionMask, cut } = tokenizer.encodeBatch(['No effusion.', 'Left basal opacity.']);
 * ```
 */
export function createWordPieceTokenizer(
  vocabulary: WordPieceVocabulary,
  options: {
    /** @defaultValue 256 */
    readonly maxLength?: number | undefined;
  } = {},
): WordPieceTokenizer {
  const { maxLength: usualLength = 256 } = options;
  const splitter = wordPieceSplitter(checkWordPieceVocabulary(vocabulary));
  const idOf = (token: string) => splitter.token_to_id(token)!;
  const [beginId, endId] = [idOf(SPECIAL_TOKENS.begin), idOf(SPECIAL_TOKENS.end)];
  const padId = idOf(SPECIAL_TOKENS.pad);

  const encodeOne = (text: string, maxLength: number, where: string): TokenizedText => {
    const ids = splitter.encode(assertText(text, where), { add_special_tokens: false }).ids;
    if (ids.length === 0) throw emptyText(where, text);
    return { tokenIds: [beginId, ...ids.slice(0, maxLength - 2), endId], numTokens: ids.length + 2 };
  };

  checkLength(usualLength);
  return {
    vocabSize: vocabulary.length,
    maxLength: usualLength,
    padId,
    tokenize: (text) => splitter.tokenize(assertText(text, 'the text'), { add_special_tokens: false }),
    encode: (text, { maxLength = usualLength } = {}) => encodeOne(text, checkLength(maxLength), 'the text'),
    encodeBatch: (texts, { maxLength = usualLength, padding = 'longest', onWarning } = {}) => {
      checkLength(maxLength);
      if (texts.length === 0)
        throw new DataError('rclip.tokenizer: expected at least one text, got none; pass texts.');
      const encoded = texts.map((text, index) => encodeOne(text, maxLength, `text ${index}`));
      const cut = encoded.flatMap(({ numTokens }, index) =>
        numTokens > maxLength ? [{ index, numTokens }] : [],
      );
      for (const text of cut) onWarning?.(cutMessage(text, maxLength));
      const width =
        padding === 'maxLength' ? maxLength : Math.max(...encoded.map(({ tokenIds }) => tokenIds.length));
      return { ...padBatch(encoded, width, padId), cut };
    },
  };
}

function padBatch(texts: readonly TokenizedText[], width: number, padId: number) {
  const ids = new Int32Array(texts.length * width).fill(padId);
  const mask = new Float32Array(ids.length);
  texts.forEach(({ tokenIds }, row) => {
    ids.set(tokenIds, row * width);
    mask.fill(1, row * width, row * width + tokenIds.length);
  });
  const shape = [texts.length, width];
  return { tokenIds: int32(shape, ids), attentionMask: float32(shape, mask) };
}

function checkLength(maxLength: number): number {
  if (Number.isSafeInteger(maxLength) && maxLength >= 3) return maxLength;
  throw new ConfigError(
    `rclip.tokenizer: expected a maxLength of at least 3 ([CLS], one token, [SEP]), got ${maxLength}; correct it.`,
  );
}

function assertText(text: string, where: string): string {
  if (typeof text === 'string') return text;
  throw new DataError(`rclip.tokenizer: expected ${where} to be a string, got ${typeof text}; pass texts.`);
}

function emptyText(where: string, text: string): DataError {
  return new DataError(
    `rclip.tokenizer: expected words in ${where}, got ${JSON.stringify(text.slice(0, 20))}; leave out empty texts.`,
  );
}

function cutMessage({ index, numTokens }: CutText, maxLength: number): string {
  return `rclip.tokenizer: text ${index} has ${numTokens} tokens; only the first ${maxLength}, [CLS] and [SEP] included, are used.`;
}
