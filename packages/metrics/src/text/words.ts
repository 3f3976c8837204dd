/** White space as Python's `str.split()` sees it; not the same set as JavaScript's `\s`. */
const PYTHON_SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const UNUSUAL_SPACE = new RegExp(`[${PYTHON_SPACE.replace('\\x1c- ', '\\x1c-\\x1f')}]`);
const SPACE_RUN = new RegExp(`[${PYTHON_SPACE}]+`);

/** The words of a text between runs of white space, as Python's `str.split()` gives them: never an empty word. */
export function splitWords(text: string): string[] {
  const parts = UNUSUAL_SPACE.test(text) ? text.split(SPACE_RUN) : text.split(' ');
  return parts.filter((part) => part !== '');
}

/** Numbers for words: the same word always gets the same number, counted from 0. */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();

  number(word: string): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(word, number);
    }
    return number;
  }

  numbers(words: readonly string[]): Int32Array {
    const numbers = new Int32Array(words.length);
    for (let index = 0; index < words.length; index++) numbers[index] = this.number(words[index]!);
    return numbers;
  }
}
