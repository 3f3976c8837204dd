/** A word, also with hyphens, apostrophes and a decimal point inside; or the end of a sentence. */
const TOKEN = /[\p{L}\p{N}]+(?:(?:[-'’/]|(?<=\p{N})\.(?=\p{N}))[\p{L}\p{N}]+)*|[.!?]/gu;

const SENTENCE_END = '.';

/**
 * The words of a report in lower case, `.` after each sentence; other punctuation is left out.
 *
 * @example
 * ```ts
 * splitWords('The lungs, as before, are clear. No 1.5-cm nodule'); // the lungs as before are clear . no 1.5-cm nodule .
 * ```
 */
export function splitWords(report: string): string[] {
  const words: string[] = [];
  for (const [token] of report.toLowerCase().matchAll(TOKEN)) {
    const isEnd = /^[.!?]$/.test(token);
    if (!isEnd) words.push(token);
    else if (words.length > 0 && words.at(-1) !== SENTENCE_END) words.push(SENTENCE_END);
  }
  return words.length === 0 || words.at(-1) === SENTENCE_END ? words : [...words, SENTENCE_END];
}

/** A report of {@link splitWords}' words: sentences begin with a capital and end with a full stop. */
export function joinWords(words: readonly string[]): string {
  const sentences: string[][] = [[]];
  for (const word of words) {
    if (word === SENTENCE_END) sentences.push([]);
    else sentences.at(-1)!.push(word);
  }
  return sentences
    .filter((sentence) => sentence.length > 0)
    .map((sentence) => sentence.join(' '))
    .map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
    .join(' ');
}
