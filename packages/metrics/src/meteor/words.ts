import { FUNCTION_WORDS } from './function-words.js';
import type { Lexicon } from './lexicon.js';
import { stemEnglish } from './stem.js';

/** What the matchers know of one distinct word. */
export interface Word {
  readonly text: string;
  /** The same number for the same word. */
  readonly number: number;
  /** The same number for words of the same stem. */
  readonly stem: number;
  readonly isFunctionWord: boolean;
  /** Numbers of meanings; empty without a lexicon. */
  readonly meanings: Int32Array;
}

const NO_MEANINGS = new Int32Array(0);

/** Looks words up once each. */
export class WordBook {
  readonly #lexicon: Lexicon | undefined;
  readonly #words = new Map<string, Word>();
  readonly #stems = new Map<string, number>();

  constructor(lexicon: Lexicon | undefined) {
    this.#lexicon = lexicon;
  }

  /** The words of a normalised text. */
  words(normalized: string): Word[] {
    return normalized === '' ? [] : normalized.split(' ').map((text) => this.word(text));
  }

  word(text: string): Word {
    let word = this.#words.get(text);
    if (!word) {
      word = {
        text,
        number: this.#words.size,
        stem: this.#stem(stemEnglish(text)),
        isFunctionWord: FUNCTION_WORDS.has(text),
        meanings: this.#lexicon?.meanings(text) ?? NO_MEANINGS,
      };
      this.#words.set(text, word);
    }
    return word;
  }

  #stem(text: string): number {
    const known = this.#stems.get(text);
    if (known !== undefined) return known;
    this.#stems.set(text, this.#stems.size);
    return this.#stems.size - 1;
  }
}
