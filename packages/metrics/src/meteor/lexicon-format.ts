// The lexicon file, ASCII lines:
//   "CRRG lexicon 1", then the numbers of lemmas, groups and irregular forms, between blanks
//   a line for each lemma, sorted: a character whose code less 48 is the length shared with the lemma before, then the rest
//   a line for each group: its first lemma less the group before's first, then each lemma less the one before it
//   a line for each irregular form: the form, then its bases
// A group is a set of lemmas with a common meaning; sets of one are left out.
import { MetricsError } from '../errors.js';

const TITLE = 'CRRG lexicon 1';
/** Longer first lines are none. */
const MAX_HEADER_BYTES = 64;
const NEWLINE = 10;
const BLANK = 32;
const DIGIT_0 = 48;

/** Lemmas, which of them share a meaning, and irregular forms. */
export interface LexiconTables {
  readonly lemmas: readonly string[];
  /** Numbers of lemmas. */
  readonly groups: readonly (readonly number[])[];
  readonly irregularForms: ReadonlyMap<string, readonly string[]>;
}

/** Lists of numbers in one array: list `i` is from `starts[i]` to `starts[i + 1]`. */
export interface NumberLists {
  readonly starts: Int32Array;
  readonly numbers: Int32Array;
}

/** A lexicon as it is asked: nothing is made for a lemma before somebody wants it. */
export interface DecodedLexicon {
  readonly lemmas: SortedWords;
  /** Sets of lemmas with a common meaning. */
  readonly groups: NumberLists;
  readonly irregularForms: ReadonlyMap<string, readonly string[]>;
}

/** ASCII words in sorted order, found by halving. */
export class SortedWords {
  readonly #bytes: Uint8Array;
  /** Where each word begins; one entry more than words. */
  readonly #starts: Int32Array;

  constructor(bytes: Uint8Array, starts: Int32Array) {
    this.#bytes = bytes;
    this.#starts = starts;
  }

  get size(): number {
    return this.#starts.length - 1;
  }

  /** The number of a word, counted from 0; -1 where it is not among them. */
  find(word: string): number {
    let low = 0;
    let high = this.size - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = this.#compare(word, middle);
      if (order === 0) return middle;
      if (order < 0) high = middle - 1;
      else low = middle + 1;
    }
    return -1;
  }

  /** Negative where the word comes before the one of this number. */
  #compare(word: string, number: number): number {
    const start = this.#starts[number]!;
    const length = this.#starts[number + 1]! - start;
    for (let index = 0; index < Math.min(length, word.length); index++) {
      const difference = word.charCodeAt(index) - this.#bytes[start + index]!;
      if (difference !== 0) return difference;
    }
    return word.length - length;
  }
}

function damaged(found: string): never {
  throw new MetricsError(
    'DATA',
    `metrics.loadLexicon: expected a WordNet lexicon as shipped in @crrg/metrics/data, got ${found}; copy wordnet-3.0.txt again.`,
  );
}

function frontCoded(lemma: string, before: string): string {
  let shared = 0;
  while (shared < lemma.length && lemma[shared] === before[shared]) shared++;
  return String.fromCharCode(DIGIT_0 + shared) + lemma.slice(shared);
}

/** The text of a lexicon file. */
export function encodeLexicon({ lemmas, groups, irregularForms }: LexiconTables): string {
  const differences = (group: readonly number[], number: number) =>
    group.map((lemma, index) => lemma - (group[index - 1] ?? groups[number - 1]?.[0] ?? 0));
  return [
    `${TITLE} ${lemmas.length} ${groups.length} ${irregularForms.size}`,
    ...lemmas.map((lemma, number) => frontCoded(lemma, lemmas[number - 1] ?? '')),
    ...groups.map((group, number) => differences(group, number).join(' ')),
    ...[...irregularForms].map(([form, bases]) => [form, ...bases].join(' ')),
    '',
  ].join('\n');
}

/** Reads a file from its beginning to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next byte, which is then read; a file that ends in a line is damaged. */
  next(): number {
    if (this.#position >= this.#bytes.length) damaged('a file that ends too early');
    return this.#bytes[this.#position++]!;
  }

  /** The next line, without its end. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.#position);
    if (end < 0) damaged('a file that ends too early');
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#position, end));
    this.#position = end + 1;
    return text;
  }

  /** All that is left. */
  rest(): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#position));
  }
}

function readHeader(bytes: Uint8Array): { reader: Reader; counts: number[] } {
  const start = new TextDecoder().decode(bytes.subarray(0, MAX_HEADER_BYTES));
  const match = /^CRRG lexicon 1 (\d+) (\d+) (\d+)\n/.exec(start);
  if (!match) damaged('another file');
  const counts = match.slice(1).map(Number);
  if (counts.some((count) => count > bytes.length)) damaged('fewer lines than its first line says');
  const reader = new Reader(bytes);
  reader.line();
  return { reader, counts };
}

function readLemmas(reader: Reader, count: number, fileSize: number): SortedWords {
  const starts = new Int32Array(count + 1);
  let bytes = new Uint8Array(4 * fileSize);
  let size = 0;
  for (let number = 0; number < count; number++) {
    const shared = reader.next() - DIGIT_0;
    const before = number === 0 ? 0 : starts[number - 1]!;
    if (!(shared >= 0 && before + shared <= size)) damaged('lemmas that do not follow each other');
    if (size + shared + fileSize > bytes.length) bytes = withRoom(bytes, shared + fileSize);
    for (let index = 0; index < shared; index++) bytes[size++] = bytes[before + index]!;
    for (let byte = reader.next(); byte !== NEWLINE; byte = reader.next()) bytes[size++] = byte;
    starts[number + 1] = size;
  }
  return new SortedWords(bytes.slice(0, size), starts);
}

function withRoom(bytes: Uint8Array, room: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length + 2 * room);
  result.set(bytes);
  return result;
}

function readGroups(reader: Reader, count: number, lemmaCount: number, fileSize: number): NumberLists {
  const starts = new Int32Array(count + 1);
  // A number takes at least two bytes, itself and what ends it.
  const numbers = new Int32Array(fileSize >> 1);
  let size = 0;
  let first = 0;
  for (let group = 0; group < count; group++) {
    let lemma = first;
    for (let byte = BLANK; byte !== NEWLINE;) {
      let difference = 0;
      for (byte = reader.next(); byte !== BLANK && byte !== NEWLINE; byte = reader.next())
        difference = 10 * difference + byte - DIGIT_0;
      lemma += difference;
      if (!(difference >= 0 && lemma < lemmaCount)) damaged('a group with an unknown lemma');
      if (size === starts[group]) first = lemma;
      numbers[size++] = lemma;
    }
    starts[group + 1] = size;
  }
  return { starts, numbers: numbers.slice(0, size) };
}

function readForms(reader: Reader, count: number): ReadonlyMap<string, readonly string[]> {
  const lines = reader.rest().split('\n');
  if (lines.length !== count + 1 || lines.pop() !== '') damaged('irregular forms that are not complete');
  return new Map(
    lines.map((line) => {
      const [form, ...bases] = line.split(' ');
      return [form!, bases];
    }),
  );
}

/** The tables in the bytes of a lexicon file. @throws {@link MetricsError} `DATA` */
export function decodeLexicon(bytes: Uint8Array): DecodedLexicon {
  const { reader, counts } = readHeader(bytes);
  const [lemmaCount, groupCount, formCount] = counts as [number, number, number];
  const lemmas = readLemmas(reader, lemmaCount, bytes.length);
  const groups = readGroups(reader, groupCount, lemmaCount, bytes.length);
  return { lemmas, groups, irregularForms: readForms(reader, formCount) };
}
