import { DataError } from '@crrg/core';
import { joinWords, splitWords } from './words.js';

/** The id that begins, ends and fills captions. */
export const END_ID = 0;
/** The id of every word that the vocabulary lacks. */
export const UNKNOWN_ID = 1;

const SPECIAL = ['<end>', '<unknown>'] as const;

/** Words to ids and back. */
export interface WordVocabulary {
  /** By id; the first two are the end and the unknown word. */
  readonly words: readonly string[];
  /** Ids of a report's words, cut to `maxLength`; no beginning and no end. */
  encode(report: string, options?: { readonly maxLength?: number | undefined }): number[];
  /** The report of some ids; ends and unknown words are left out. @throws {DataError} for an id outside the vocabulary */
  decode(wordIds: ArrayLike<number>): string;
}

/** @throws {DataError} where words come twice or the special ones are not first */
export function createVocabulary(words: readonly string[]): WordVocabulary {
  const ids = new Map(words.map((word, id) => [word, id]));
  const isWhole = SPECIAL.every((word, id) => words[id] === word) && ids.size === words.length;
  if (!isWhole)
    throw new DataError(
      `baselines.createVocabulary: expected ${SPECIAL.join(' and ')} and then words of which each comes once, got others; take the words of the model.`,
    );
  return {
    words: [...words],
    encode: (report, { maxLength = Infinity } = {}) =>
      splitWords(report)
        .slice(0, maxLength)
        .map((word) => ids.get(word) ?? UNKNOWN_ID),
    decode: (wordIds) => {
      const bad = Array.from(wordIds).find((id) => words[id] === undefined);
      if (bad !== undefined)
        throw new DataError(
          `baselines.decode: expected ids below ${words.length}, got ${bad}; take the words of the model.`,
        );
      return joinWords(
        Array.from(wordIds)
          .filter((id) => id >= SPECIAL.length)
          .map((id) => words[id]!),
      );
    },
  };
}

/**
 * The vocabulary of reports: every word that occurs at least `minCount` times, in the order of the alphabet.
 *
 * Source: Chen et al., "Generating Radiology Reports via Memory-driven Transformer", 2020, whose code keeps words that occur often enough.
 * @throws {DataError} where no word does
 *
 * @example
 * ```ts
 * const vocabulary = trainVocabulary(['The lungs are clear.', 'Clear lungs.'], { minCount: 2 });
 * vocabulary.words; // <end> <unknown> . clear lungs
 * ```
 */
export function trainVocabulary(
  reports: Iterable<string>,
  { minCount }: { readonly minCount: number },
): WordVocabulary {
  const counts = new Map<string, number>();
  for (const report of reports)
    for (const word of splitWords(report)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts].filter(([, count]) => count >= minCount).map(([word]) => word);
  if (words.length === 0)
    throw new DataError(
      `baselines.trainVocabulary: expected words that occur at least ${minCount} times, got none of ${counts.size}; lower \`minCount\` or give more reports.`,
    );
  return createVocabulary([...SPECIAL, ...words.sort((a, b) => (a < b ? -1 : 1))]);
}
