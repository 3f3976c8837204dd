import { collapsePythonSpace } from '../python/index.js';
import { removeHeadings, type PhraseMode } from './headings.js';
import { splitSentences, type SentenceSplitter } from './sentences.js';
import { removeWetReads } from './wet-reads.js';

/** How the phrases of a region become its text. */
export interface PhraseOptions {
  /**
   * `strict` gives what the reference gives, numbers without their digits included; `mended` takes list marks only where a real dot follows the
   * digit at a word's start, and repeats nothing. @defaultValue 'strict'
   */
  readonly mode?: PhraseMode | undefined;
  /** Says which letters become capitals. @defaultValue {@link splitSentences} */
  readonly splitter?: SentenceSplitter | undefined;
}

function capitalize(sentence: string): string {
  const [first = ''] = sentence;
  return first.toUpperCase() + sentence.slice(first.length);
}

/** One final period is put back; pieces between `. ` that are equal to the letter count once. */
function dropDuplicates(text: string): string {
  const pieces = text.replace(/\.$/, '').split('. ');
  return `${[...new Set(pieces)].join('. ')}.`;
}

/**
 * The text of a region from its phrases in a scene graph: without wet reads and headings, white space collapsed, a capital at each sentence's
 * start, each sentence once. Empty where nothing is left, or where the reference dies.
 *
 * Source: docs/reference/datasets.md#phrases.
 *
 * @example
 * ```ts
 * cleanPhrases(['FINDINGS: the lung is clear.', 'The lung is clear.']); // 'The lung is clear.'
 * ```
 */
export function cleanPhrases(phrases: readonly string[], options: PhraseOptions = {}): string {
  const { mode = 'strict', splitter = splitSentences } = options;
  const withoutWetReads = removeWetReads(phrases.join(' '), mode);
  if (withoutWetReads === undefined) return '';
  const text = collapsePythonSpace(removeHeadings(withoutWetReads, mode));
  if (text === '') return '';
  return dropDuplicates(splitter(text).map(capitalize).join(' '));
}
