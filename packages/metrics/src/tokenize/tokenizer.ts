import { MetricsError } from '../errors.js';
import type { Steps } from '../steps.js';
import { tokenizePtb, tokenizePtbSteps } from './ptb.js';
import { tokenizeRgrg } from './rgrg.js';

/**
 * How texts are cut into words: `'ptb'` as pycocoevalcap does it (lower case, no punctuation), `'rgrg'` as RGRG's evaluation does it
 * (full stops apart, case kept), `'none'` for texts that are ready, or a function that gives words, or a text with single blanks
 * between words.
 */
export type Tokenizer = 'ptb' | 'rgrg' | 'none' | ((text: string) => string | readonly string[]);

/** A tokenizer with the name that signatures give it. */
export interface NamedTokenizer {
  readonly name: string;
  /** The words with single blanks between them. */
  readonly tokenize: (text: string) => string;
  /** The same with pauses, where it can take long. */
  readonly steps?: ((text: string) => Steps<string>) | undefined;
}

const KNOWN: Readonly<Record<string, NamedTokenizer>> = {
  ptb: { name: 'ptb-corenlp-3.4.1', tokenize: (text) => tokenizePtb(text), steps: tokenizePtbSteps },
  rgrg: { name: 'rgrg', tokenize: tokenizeRgrg },
  none: { name: 'none', tokenize: (text) => text },
};

function named(tokenizer: (text: string) => string | readonly string[]): NamedTokenizer {
  return {
    name: tokenizer.name || 'custom',
    tokenize: (text) => {
      const words = tokenizer(text);
      if (typeof words === 'string') return words;
      if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words.join(' ');
      throw new MetricsError(
        'OPTION',
        `metrics.tokenizer: expected a text or an array of words, got ${typeof words}; return the words of the text.`,
      );
    },
  };
}

/** The tokenizer that an option asks for. @throws {@link MetricsError} `OPTION` where it is unknown. */
export function resolveTokenizer(tokenizer: Tokenizer): NamedTokenizer {
  if (typeof tokenizer === 'function') return named(tokenizer);
  if (Object.hasOwn(KNOWN, tokenizer)) return KNOWN[tokenizer]!;
  throw new MetricsError(
    'OPTION',
    `metrics.tokenizer: expected ${Object.keys(KNOWN).join(', ')} or a function, got ${String(tokenizer)}; choose one.`,
  );
}

/**
 * A text's words with single blanks between them, ready for the scores that take texts as they are.
 *
 * @throws {@link MetricsError} `OPTION` where the tokenizer is unknown.
 * @example
 * ```ts
 * tokenize('No effusion.', 'rgrg'); // 'No effusion .'
 * ```
 */
export function tokenize(text: string, tokenizer: Tokenizer): string {
  return resolveTokenizer(tokenizer).tokenize(text);
}
