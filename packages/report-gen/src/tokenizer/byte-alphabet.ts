/** The three ranges of Latin-1 that stand for themselves; other bytes get the code points from 256 on, in order. */
const PRINTABLE: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
];

function isPrintable(byte: number): boolean {
  return PRINTABLE.some(([low, high]) => byte >= low && byte <= high);
}

/**
 * The character that byte-level BPE writes for each byte 0..255, such as `Ġ` for a space.
 * Source: GPT-2's byte alphabet.
 */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
})();

/** The alphabet in the order of GPT-2's vocabulary: printable bytes first. */
export const ALPHABET: readonly string[] = [
  ...BYTE_CHARACTERS.filter((_, byte) => isPrintable(byte)),
  ...BYTE_CHARACTERS.filter((_, byte) => !isPrintable(byte)),
];

/**
 * What BPE never merges across: contractions, words, numbers and runs of other characters, each with one leading space, and
 * white space. Source: GPT-2's pre-tokeniser.
 */
const WORD = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

const encoder = new TextEncoder();

/** The words of a text, each as characters of the byte alphabet. */
export function toByteWords(text: string): string[] {
  return (text.match(WORD) ?? []).map((word) =>
    Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte]!).join(''),
  );
}
