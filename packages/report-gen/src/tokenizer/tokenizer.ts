import { ShapeError } from '@crrg/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { END_OF_TEXT, checkVocabulary, type BpeVocabulary } from './vocabulary.js';

/** Text to token ids and back. */
export interface Tokenizer {
  /** What it was made of; undefined for a tokenizer of another kind. */
  readonly vocabulary?: BpeVocabulary | undefined;
  readonly vocabSize: number;
  /** The id of `<|endoftext|>`: beginning, end and padding. */
  readonly endOfTextId: number;
  /** Ids of a text; the literal `<|endoftext|>` is one id. Adds nothing. */
  encode(text: string): number[];
  /** Ids of a training text: end of text, the text, end of text, cut to `maxLength` ids. */
  encodeSentence(text: string, options?: { readonly maxLength?: number | undefined }): number[];
  /** The text without special tokens, with the usual spaces before punctuation removed. @throws {ShapeError} for an id outside the vocabulary */
  decode(tokenIds: ArrayLike<number>): string;
}

function describe({ vocab, merges }: BpeVocabulary): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    added_tokens: [
      {
        id: vocab[END_OF_TEXT],
        content: END_OF_TEXT,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges: merges.map((pair) => [...pair]), unk_token: END_OF_TEXT },
  };
}

/**
 * A GPT-2 tokeniser over a vocabulary.
 * Source: byte-level BPE as in GPT-2 (through `@huggingface/tokenizers`), with the clean-up of transformers 4.19.
 * @throws {DataError} where the vocabulary is not whole
 *
 * @example
 * ```ts
 * const tokenizer = createTokenizer(parseVocabulary({ vocabJson, mergesText }));
 * tokenizer.decode(tokenizer.encode('The lungs are clear.')); // 'The lungs are clear.'
 * ```
 */
export function createTokenizer(vocabulary: BpeVocabulary): Tokenizer {
  const { vocab } = checkVocabulary(vocabulary);
  const vocabSize = Object.keys(vocab).length;
  const endOfTextId = vocab[END_OF_TEXT]!;
  const library = new HuggingFaceTokenizer(describe(vocabulary), { clean_up_tokenization_spaces: true });
  const encode = (text: string) => (text === '' ? [] : library.encode(text).ids);

  const checkIds = (ids: readonly number[]) => {
    const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (bad !== undefined)
      throw new ShapeError(
        `report-gen.decode: expected token ids in [0, ${vocabSize}), got ${bad}; use the tokeniser of the model.`,
      );
    return ids;
  };

  return {
    vocabulary,
    vocabSize,
    endOfTextId,
    encode,
    encodeSentence: (text, { maxLength = Infinity } = {}) =>
      [endOfTextId, ...encode(text), endOfTextId].slice(0, maxLength),
    decode: (tokenIds) => {
      const ids = checkIds(Array.from(tokenIds)).filter((id) => id !== endOfTextId);
      return ids.length === 0 ? '' : library.decode(ids);
    },
  };
}
