// The lexicon file, gzip over:
//   8 bytes   "CRRGLEX1"
//   3 uint32  little-endian: bytes of the lemmas, of the groups, of the irregular forms
//   lemmas    ASCII, sorted, a line each: one character whose code less 48 is the length shared with the line before, then the rest
//   groups    varints: size, first lemma less the group before's first, then each lemma less the one before it
//   irregular ASCII, a line each: form, then its bases, between blanks
// A group is a set of lemmas with a common meaning; sets of one are left out.
import { MetricsError } from '../errors.js';

const MAGIC = 'CRRGLEX1';
const HEADER_BYTES = 20;

/** Lemmas, which of them share a meaning, and irregular forms. */
export interface LexiconTables {
  readonly lemmas: readonly string[];
  /** Numbers of lemmas. */
  readonly groups: readonly (readonly number[])[];
  readonly irregularForms: ReadonlyMap<string, readonly string[]>;
}

function damaged(found: string): never {
  throw new MetricsError(
    'DATA',
    `metrics.loadLexicon: expected a WordNet lexicon as shipped in @crrg/metrics/data, got ${found}; copy wordnet-3.0.bin again.`,
  );
}

function frontCode(lemmas: readonly string[]): string {
  return lemmas
    .map((lemma, index) => {
      const before = lemmas[index - 1] ?? '';
      let shared = 0;
      while (shared < lemma.length && lemma[shared] === before[shared]) shared++;
      return String.fromCharCode(48 + shared) + lemma.slice(shared);
    })
    .join('\n');
}

function pushVarint(bytes: number[], value: number): void {
  while (value > 127) {
    bytes.push((value & 127) | 128);
    value >>>= 7;
  }
  bytes.push(value);
}

/** The bytes of a lexicon file before compression. */
export function encodeLexicon({ lemmas, groups, irregularForms }: LexiconTables): Uint8Array {
  const groupBytes: number[] = [];
  let first = 0;
  for (const group of groups) {
    pushVarint(groupBytes, group.length);
    pushVarint(groupBytes, group[0]! - first);
    first = group[0]!;
    for (let index = 1; index < group.length; index++)
      pushVarint(groupBytes, group[index]! - group[index - 1]!);
  }
  const encoder = new TextEncoder();
  const forms = [...irregularForms].map(([form, bases]) => [form, ...bases].join(' ')).join('\n');
  const parts = [encoder.encode(frontCode(lemmas)), Uint8Array.from(groupBytes), encoder.encode(forms)];
  const header = new Uint8Array(HEADER_BYTES);
  header.set(encoder.encode(MAGIC));
  const view = new DataView(header.buffer);
  parts.forEach((part, index) => view.setUint32(8 + 4 * index, part.length, true));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, HEADER_BYTES));
  let offset = 0;
  for (const part of [header, ...parts]) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
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

const NEWLINE = 10;

function decodeLemmas(coded: Uint8Array): SortedWords {
  let count = 1;
  let size = 0;
  for (const byte of coded) if (byte === NEWLINE) count++;
  const starts = new Int32Array(count + 1);
  // The first byte of a line stands for up to as many letters as its code less 48.
  let bytes = new Uint8Array(4 * coded.length);
  let position = 0;
  for (let number = 0; number < count; number++) {
    const shared = coded[position]! - 48;
    const before = number === 0 ? 0 : starts[number - 1]!;
    if (!(shared >= 0 && before + shared <= size)) damaged('lemmas that do not follow each other');
    if (size + coded.length > bytes.length) bytes = withRoom(bytes, coded.length);
    for (let index = 0; index < shared; index++) bytes[size++] = bytes[before + index]!;
    for (position++; position < coded.length && coded[position] !== NEWLINE; position++)
      bytes[size++] = coded[position]!;
    position++;
    starts[number + 1] = size;
  }
  return new SortedWords(bytes.slice(0, size), starts);
}

function withRoom(bytes: Uint8Array, room: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length + 2 * room);
  result.set(bytes);
  return result;
}

function decodeGroups(bytes: Uint8Array, lemmaCount: number): NumberLists {
  let position = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++];
      if (byte === undefined || shift > 28) damaged('groups that end too early');
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  // A group has at least two lemmas, and a number at least one byte.
  const starts = new Int32Array(bytes.length + 1);
  const numbers = new Int32Array(bytes.length);
  let groups = 0;
  let size = 0;
  let first = 0;
  while (position < bytes.length) {
    const end = size + next();
    if (end > numbers.length) damaged('a group larger than the file');
    let lemma = (first += next());
    numbers[size++] = lemma;
    while (size < end) numbers[size++] = lemma += next();
    if (lemma < 0 || lemma >= lemmaCount) damaged('a group with an unknown lemma');
    starts[++groups] = size;
  }
  return { starts: starts.slice(0, groups + 1), numbers: numbers.slice(0, size) };
}

/** The tables in the bytes of a lexicon file after decompression. @throws {@link MetricsError} `DATA` */
export function decodeLexicon(bytes: Uint8Array): DecodedLexicon {
  const decoder = new TextDecoder();
  if (bytes.length < HEADER_BYTES || decoder.decode(bytes.subarray(0, 8)) !== MAGIC) damaged('another file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = HEADER_BYTES;
  const parts = [8, 12, 16].map((at) => bytes.subarray(end, (end += view.getUint32(at, true))));
  if (end !== bytes.length) damaged(`${bytes.length} bytes where its header says ${end}`);
  const lemmas = decodeLemmas(parts[0]!);
  const forms = decoder.decode(parts[2]).split('\n');
  return {
    lemmas,
    groups: decodeGroups(parts[1]!, lemmas.size),
    irregularForms: new Map(
      forms.map((line) => {
        const [form, ...bases] = line.split(' ');
        return [form!, bases];
      }),
    ),
  };
}
