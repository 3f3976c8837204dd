/** White space as Python's `str.split()` sees it; not the same set as JavaScript's `\s`. */
const PYTHON_SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const UNUSUAL_SPACE = new RegExp(`[${PYTHON_SPACE.replace('\\x1c- ', '\\x1c-\\x1f')}]`);
const SPACE_RUN = new RegExp(`[${PYTHON_SPACE}]+`);

/** The words of a text between runs of white space, as Python's `str.split()` gives them: never an empty word. */
export function splitWords(text: string): string[] {
  const parts = UNUSUAL_SPACE.test(text) ? text.split(SPACE_RUN) : text.split(' ');
  return parts.filter((part) => part !== '');
}

/** A text's words in both ways in which the reference programs cut it, as numbers. */
interface NumberedText {
  readonly text: string;
  /** Between runs of white space. */
  readonly words: Int32Array;
  /** Between single blanks, so that an empty text is one empty word. */
  readonly parts: Int32Array;
}

/** How many texts are remembered: those of one item, as a rule. */
const REMEMBERED = 4;

/**
 * Numbers for words: the same word always gets the same number, counted from 0. Several scores may share one, so that each text is cut
 * once.
 */
export class WordNumbers {
  readonly #numbers = new Map<string, number>();
  /** The texts asked for last, the oldest to be replaced next. */
  readonly #recent: NumberedText[] = [];
  #oldest = 0;

  /** Of the words between runs of white space, as {@link splitWords} gives them. */
  words(text: string): Int32Array {
    return this.#lookUp(text).words;
  }

  /** Of the words between single blanks. */
  parts(text: string): Int32Array {
    return this.#lookUp(text).parts;
  }

  #lookUp(text: string): NumberedText {
    for (const known of this.#recent) if (known.text === text) return known;
    const parts = text.split(' ');
    const isPlain = !UNUSUAL_SPACE.test(text) && !parts.includes('');
    const numbers = this.#number(parts);
    const numbered = { text, words: isPlain ? numbers : this.#number(splitWords(text)), parts: numbers };
    this.#recent[this.#oldest] = numbered;
    this.#oldest = (this.#oldest + 1) % REMEMBERED;
    return numbered;
  }

  #number(words: readonly string[]): Int32Array {
    const numbers = new Int32Array(words.length);
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!;
      let number = this.#numbers.get(word);
      if (number === undefined) this.#numbers.set(word, (number = this.#numbers.size));
      numbers[index] = number;
    }
    return numbers;
  }
}
