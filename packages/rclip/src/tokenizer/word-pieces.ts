import { BertNormalizer, BertPreTokenizer, Tokenizer } from '@huggingface/tokenizers';
import { SPECIAL_TOKENS, type WordPieceVocabulary } from './vocabulary.js';

/** A word longer than this, in characters, is unknown as a whole. Source: BERT. */
const LONGEST_WORD = 100;

const NORMALIZER = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: true,
  lowercase: true,
} as const;

/** The function that cuts a text into the words that BERT then cuts into pieces, lower-cased and without accents. */
export function wordSplitter(): (text: string) => string[] {
  const normalizer = new BertNormalizer(NORMALIZER);
  const words = new BertPreTokenizer();
  return (text) => words.pre_tokenize_text(normalizer.normalize(text));
}

/**
 * BERT's tokeniser with lower-casing, also for vocabularies that hold capitals, and without the tokens around a text. Control
 * characters go, white space and punctuation cut, accents are stripped, Chinese characters stand alone.
 *
 * Source: docs/reference/rclip.md#tokeniser; BERT's basic and WordPiece tokenisers (through `@huggingface/tokenizers`).
 */
export function wordPieceSplitter(vocabulary: WordPieceVocabulary): Tokenizer {
  const vocab = Object.fromEntries(vocabulary.map((token, id) => [token, id]));
  const special = (content: string) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const description = {
    version: '1.0',
    added_tokens: Object.values(SPECIAL_TOKENS).map(special),
    normalizer: NORMALIZER,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: SPECIAL_TOKENS.unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: LONGEST_WORD,
      vocab,
    },
  };
  return new Tokenizer(description, {});
}
