/** Host side of the text encoder: texts to padded batches of token ids. Shape shorthand: `B` texts, `T` tokens. */
import { DataError, type WarningListener } from '@crrg/core';
import { float32, int32, type HostTensor } from '@crrg/tensor';

/** The token ids of one text, with its first and last special token. */
export interface EncodedText {
  readonly tokenIds: readonly number[];
  /** True where the text was longer and only its beginning is there. */
  readonly isTruncated: boolean;
}

/** What the text encoder needs of a tokenizer. */
export interface TextTokenizer {
  readonly vocabSize: number;
  readonly padTokenId: number;
  encode(text: string, options: { readonly maxLength: number }): EncodedText;
}

/** Texts of about the same length, padded to the longest. */
export interface TextBatch {
  /** Places of the batch's texts in the list that was given. */
  readonly rows: readonly number[];
  /** int32 `[B, T]`. */
  readonly tokenIds: HostTensor<'int32'>;
  /** `[B, T]`: 1 for real tokens. */
  readonly attentionMask: HostTensor<'float32'>;
}

/** Settings of {@link encodeTexts}. */
export interface EncodeTextsOptions {
  /** Longest text in tokens, special ones included. */
  readonly maxLength: number;
  /** Hears of texts that were cut. */
  readonly onWarning?: WarningListener | undefined;
}

/** How many cut texts a warning names. */
const NAMED_TEXTS = 5;

/**
 * Token ids of every text.
 * @throws {DataError} for no texts, or one without a word
 */
export function encodeTexts(
  texts: readonly string[],
  tokenizer: TextTokenizer,
  { maxLength, onWarning }: EncodeTextsOptions,
): EncodedText[] {
  if (texts.length === 0)
    throw new DataError('rclip.encodeTexts: expected at least one text, got none; pass some.');
  const empty = texts.findIndex((text) => text.trim() === '');
  if (empty >= 0)
    throw new DataError(
      `rclip.encodeTexts: expected words, got an empty text at ${empty}; leave such texts out.`,
    );
  const encoded = texts.map((text) => tokenizer.encode(text, { maxLength }));
  const cut = encoded.flatMap(({ isTruncated }, index) => (isTruncated ? [index] : []));
  if (cut.length > 0) {
    const named = `${cut.slice(0, NAMED_TEXTS).join(', ')}${cut.length > NAMED_TEXTS ? ', ...' : ''}`;
    onWarning?.(
      `rclip.encodeTexts: ${cut.length} of ${texts.length} texts (${named}) are longer than ${maxLength} tokens; only their beginning was read.`,
    );
  }
  return encoded;
}

/** Rows of token ids padded at their end to `length`, with their mask. */
export function padTokens(
  texts: readonly (readonly number[])[],
  length: number,
  padTokenId: number,
): Pick<TextBatch, 'tokenIds' | 'attentionMask'> {
  const tokenIds = new Int32Array(texts.length * length).fill(padTokenId);
  const attentionMask = new Float32Array(tokenIds.length);
  texts.forEach((ids, row) => {
    tokenIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  });
  const shape = [texts.length, length];
  return { tokenIds: int32(shape, tokenIds), attentionMask: float32(shape, attentionMask) };
}

/**
 * Batches of at most `batchSize` texts, shortest first, each padded to its longest text: an encoder then computes hardly any padding, which
 * no embedding depends on.
 */
export function batchTexts(
  texts: readonly EncodedText[],
  batchSize: number,
  padTokenId: number,
): TextBatch[] {
  const order = [...texts.keys()].sort((a, b) => texts[a]!.tokenIds.length - texts[b]!.tokenIds.length);
  return Array.from({ length: Math.ceil(texts.length / batchSize) }, (_, batch) => {
    const rows = order.slice(batch * batchSize, (batch + 1) * batchSize);
    const ids = rows.map((row) => texts[row]!.tokenIds);
    return { rows, ...padTokens(ids, ids.at(-1)!.length, padTokenId) };
  });
}
