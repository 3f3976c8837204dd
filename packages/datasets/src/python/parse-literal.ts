import { DataError } from '@crrg/core';
import { DEFAULT_LITERAL_LIMITS, type PythonLiteralLimits, type PythonValue } from './literal.js';

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const WORDS: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
/** White space between tokens; other white space is an error in Python too. */
const BLANKS = /[ \t\n\r\f]*/y;
const WORD = /[\p{L}\p{N}_]+/uy;
const FLOAT = /(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?/y;
const INTEGER = /(?:0+|[1-9]\d*)(?![\d.\p{L}_])/uy;
/** Neither the end of a string nor of a line nor an escape. */
const PLAIN = /[^'"\\\n\r]+/y;

class LiteralReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  read(): PythonValue {
    const value = this.value(0);
    this.blanks();
    if (this.at < this.text.length) throw this.refusal('the end');
    return value;
  }

  private value(depth: number): PythonValue {
    this.blanks();
    const first = this.text[this.at];
    if (first === '[') return this.list(depth);
    if (first === "'" || first === '"') return this.string(first);
    if (first !== undefined && /[-+.\d]/.test(first)) return this.number();
    const start = this.at;
    const word = this.match(WORD);
    if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word]!;
    this.at = start;
    throw this.refusal('a list, string, number, True, False or None');
  }

  private list(depth: number): PythonValue[] {
    if (depth >= this.maxDepth) throw this.refusal(`lists at most ${this.maxDepth} deep`, 'a deeper one');
    this.at += 1;
    const items: PythonValue[] = [];
    for (;;) {
      this.blanks();
      if (this.take(']')) return items;
      items.push(this.value(depth + 1));
      this.blanks();
      if (this.take(',')) continue;
      if (this.take(']')) return items;
      throw this.refusal('"," or "]"');
    }
  }

  private string(quote: string): string {
    const start = this.at;
    this.at += 1;
    const parts: string[] = [];
    for (;;) {
      const plain = this.match(PLAIN);
      if (plain !== undefined) parts.push(plain);
      const next = this.text[this.at];
      if (next === undefined || next === '\n' || next === '\r') {
        const got = next === undefined ? 'the end' : 'a line end';
        throw this.refusal(`a closing quote of the string from character ${start + 1}`, got);
      }
      if (next === '\\') parts.push(this.escape());
      else {
        this.at += 1;
        if (next === quote) break;
        parts.push(next);
      }
    }
    return parts.join('');
  }

  private escape(): string {
    const letter = this.text[this.at + 1];
    if (letter === undefined) throw this.refusal('a character after the backslash', 'the end');
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (octal !== undefined) {
      this.at += 1 + octal.length;
      return String.fromCharCode(parseInt(octal, 8));
    }
    const digits = HEX_DIGITS[letter];
    if (digits !== undefined) return this.codePoint(digits);
    if (letter === 'N') throw this.refusal('an escape by number', 'one by name');
    if (letter === '\r') {
      this.at += this.text[this.at + 2] === '\n' ? 3 : 2;
      return '';
    }
    this.at += 2;
    return SIMPLE_ESCAPES[letter] ?? `\\${letter}`;
  }

  private codePoint(digits: number): string {
    const text = this.text.slice(this.at + 2, this.at + 2 + digits);
    const value = /^[\da-fA-F]+$/.test(text) && text.length === digits ? parseInt(text, 16) : Infinity;
    if (value > 0x10ffff) throw this.refusal(`${digits} hexadecimal digits of a character in an escape`);
    this.at += 2 + digits;
    return String.fromCodePoint(value);
  }

  private number(): number {
    const start = this.at;
    const sign = this.take('-') ? -1 : (this.take('+'), 1);
    this.blanks();
    const float = this.match(FLOAT);
    const value = Number(float ?? this.match(INTEGER) ?? NaN);
    if (float !== undefined && Number.isFinite(value)) return sign * value;
    if (Number.isSafeInteger(value)) return value === 0 ? 0 : sign * value;
    this.at = start;
    throw this.refusal('a number that fits float64');
  }

  private blanks(): void {
    this.match(BLANKS);
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Says the place, never the text: it may be a report's. */
  private refusal(expected: string, got?: string): DataError {
    const what = got ?? (this.at >= this.text.length ? 'the end' : 'something else');
    return new DataError(
      `datasets.parsePythonLiteral: character ${this.at + 1}: expected ${expected}, got ${what}.`,
      { details: { character: this.at + 1 } },
    );
  }
}

/**
 * The value of a Python literal, as it stands in a CSV cell: lists (inside lists too), strings with their escapes, whole numbers, floats,
 * `True`, `False` and `None`. Nothing else of Python is read, and nothing is evaluated.
 *
 * @example
 * ```ts
 * parsePythonLiteral(`['clear', "it's", True, 1.5]`); // ['clear', "it's", true, 1.5]
 * ```
 * @throws {@link DataError} with the place in `details.character` (from 1, UTF-16 units), and without any text of the cell
 */
export function parsePythonLiteral(text: string, limits: PythonLiteralLimits = {}): PythonValue {
  const maxDepth = limits.maxDepth ?? DEFAULT_LITERAL_LIMITS.maxDepth;
  const maxLength = limits.maxLength ?? DEFAULT_LITERAL_LIMITS.maxLength;
  if (text.length > maxLength)
    throw new DataError(
      `datasets.parsePythonLiteral: expected at most ${maxLength} characters, got ${text.length}.`,
      { details: { character: maxLength + 1 } },
    );
  return new LiteralReader(text, maxDepth).read();
}
