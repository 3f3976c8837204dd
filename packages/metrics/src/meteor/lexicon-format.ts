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
    `meteor.lexicon: expected a WordNet lexicon as shipped in @crrg/metrics/data, got ${found}; copy wordnet-3.0.bin again.`,
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

function decodeLemmas(text: string): string[] {
  let before = '';
  return text.split('\n').map((line) => {
    before = before.slice(0, line.charCodeAt(0) - 48) + line.slice(1);
    return before;
  });
}

function decodeGroups(bytes: Uint8Array, lemmaCount: number): number[][] {
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
  const groups: number[][] = [];
  let first = 0;
  while (position < bytes.length) {
    const size = next();
    if (size > lemmaCount) damaged('a group larger than the lexicon');
    first += next();
    const group = [first];
    while (group.length < size) group.push(group.at(-1)! + next());
    if (group.at(-1)! >= lemmaCount) damaged('a group with an unknown lemma');
    groups.push(group);
  }
  return groups;
}

/** The tables in the bytes of a lexicon file after decompression. @throws {@link MetricsError} `DATA` */
export function decodeLexicon(bytes: Uint8Array): LexiconTables {
  const decoder = new TextDecoder();
  if (bytes.length < HEADER_BYTES || decoder.decode(bytes.subarray(0, 8)) !== MAGIC) damaged('another file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = HEADER_BYTES;
  const parts = [8, 12, 16].map((at) => bytes.subarray(end, (end += view.getUint32(at, true))));
  if (end !== bytes.length) damaged(`${bytes.length} bytes where its header says ${end}`);
  const lemmas = decodeLemmas(decoder.decode(parts[0]));
  const forms = decoder.decode(parts[2]).split('\n');
  return {
    lemmas,
    groups: decodeGroups(parts[1]!, lemmas.length),
    irregularForms: new Map(
      forms.map((line) => {
        const [form, ...bases] = line.split(' ');
        return [form!, bases];
      }),
    ),
  };
}
