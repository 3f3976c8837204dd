import type { PhraseMode } from './headings.js';

const WET_READ = 'WET READ';
/** What a wet read runs to: `AM` or `PM`, even inside a word, unless another wet read comes first. */
const END = /AM|PM|WET READ/g;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the search behind a wet read stops: the place of the end, of the next wet read, or the last character. */
function stopBehind(text: string, start: number): number {
  const pattern = new RegExp(END);
  pattern.lastIndex = start + WET_READ.length;
  return pattern.exec(text)?.index ?? text.length - 1;
}

const isEnd = (text: string, at: number) => /^[AP]M/.test(text.slice(at, at + 2));

function* wetReads(text: string): Generator<number> {
  for (let at = text.indexOf(WET_READ); at >= 0; at = text.indexOf(WET_READ, at + 1)) yield at;
}

/**
 * The text without wet reads, from `WET READ` to the `AM` or `PM` of its time; one without an end stays, and the headings take its two words.
 * Undefined where the reference dies: the text ends in its only `WET READ`. Behind an earlier one the reference then repeats the text between,
 * which `strict` does too.
 *
 * Source: docs/reference/datasets.md#phrases, step 2, and docs/reference/datasets.md#observed-on-made-up-trees.
 */
export function removeWetReads(text: string, mode: PhraseMode): string | undefined {
  const spans: Span[] = [];
  let stop: number | undefined;
  for (const start of wetReads(text)) {
    const hasNothingBehind = start + WET_READ.length === text.length;
    if (!hasNothingBehind) stop = stopBehind(text, start);
    if (stop === undefined) return undefined;
    if (isEnd(text, stop) && (mode === 'strict' || !hasNothingBehind)) spans.push({ start, end: stop + 2 });
  }
  return spans.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}
