import { toTextItems, type References } from './items.js';
import { NgramCounts, NgramTable } from './ngram-table.js';
import { WordNumbers } from './words.js';

const MAX_ORDER = 4;

/** BLEU with n-grams up to 1, 2, 3 and 4 words, each between 0 and 1. */
export type BleuScores = readonly [bleu1: number, bleu2: number, bleu3: number, bleu4: number];

/** What BLEU is made of; summed over items for the corpus score. */
export interface BleuCounts {
  /** Words of the candidate. */
  candidateLength: number;
  /** Words of the reference whose length is closest, the shorter on a tie. */
  referenceLength: number;
  /** N-grams of the candidate, by order - 1. */
  readonly total: [number, number, number, number];
  /** N-grams that a reference has too, at most as often as the reference that has it most often, by order - 1. */
  readonly matched: [number, number, number, number];
}

/** Constants that keep impossible n-grams from dividing by zero; part of the reference's numbers. */
const TINY = 1e-15;
const SMALL = 1e-9;

function noCounts(): BleuCounts {
  return { candidateLength: 0, referenceLength: 0, total: [0, 0, 0, 0], matched: [0, 0, 0, 0] };
}

/** How many numbers an item's counts are. */
export const BLEU_COUNTS_LENGTH = 2 + 2 * MAX_ORDER;

/** Counts as a row of numbers, to be summed. */
export function toBleuNumbers({ candidateLength, referenceLength, total, matched }: BleuCounts): number[] {
  return [candidateLength, referenceLength, ...total, ...matched];
}

/** Counts from a row of numbers. */
export function bleuCountsFrom(numbers: ArrayLike<number>): BleuCounts {
  const counts = noCounts();
  counts.candidateLength = numbers[0]!;
  counts.referenceLength = numbers[1]!;
  for (let order = 0; order < MAX_ORDER; order++) {
    counts.total[order] = numbers[2 + order]!;
    counts.matched[order] = numbers[2 + MAX_ORDER + order]!;
  }
  return counts;
}

/** BLEU-1 to BLEU-4 from counts. */
export function bleuFromCounts(counts: BleuCounts): BleuScores {
  const ratio = (counts.candidateLength + TINY) / (counts.referenceLength + SMALL);
  const brevityPenalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  const scores = counts.total.map((total, order) => {
    product *= (counts.matched[order]! + TINY) / (total + SMALL);
    return product ** (1 / (order + 1)) * brevityPenalty;
  });
  return scores as unknown as BleuScores;
}

/** Adds up BLEU over items; memory grows with the vocabulary alone. */
export class BleuAccumulator {
  readonly #sum = noCounts();
  readonly #numbers: WordNumbers;
  readonly #table = new NgramTable();
  readonly #candidate = new NgramCounts(this.#table, MAX_ORDER);
  readonly #reference = new NgramCounts(this.#table, MAX_ORDER);
  readonly #matched: number[] = [];

  constructor(numbers = new WordNumbers()) {
    this.#numbers = numbers;
  }

  /** The item's own counts. */
  add(candidate: string, references: readonly string[]): BleuCounts {
    const counts = this.#count(candidate, references);
    this.#sum.candidateLength += counts.candidateLength;
    this.#sum.referenceLength += counts.referenceLength;
    for (let order = 0; order < MAX_ORDER; order++) {
      this.#sum.total[order]! += counts.total[order]!;
      this.#sum.matched[order]! += counts.matched[order]!;
    }
    return counts;
  }

  /** The counts of all items so far. */
  get sum(): BleuCounts {
    return this.#sum;
  }

  #count(candidate: string, references: readonly string[]): BleuCounts {
    const counts = noCounts();
    const words = this.#numbers.words(candidate);
    this.#candidate.count(words);
    /** By n-gram of the candidate: the most often that one reference has it, at most as often as the candidate. */
    const matched = this.#matched;
    counts.candidateLength = words.length;
    counts.referenceLength = Number.POSITIVE_INFINITY;
    for (const reference of references) {
      const referenceWords = this.#numbers.words(reference);
      counts.referenceLength = closerLength(words.length, counts.referenceLength, referenceWords.length);
      this.#reference.count(referenceWords);
      this.#candidate.forEach((ngram, count) => {
        const common = Math.min(count, this.#reference.of(ngram));
        if (common > (matched[ngram] ?? 0)) matched[ngram] = common;
      });
    }
    this.#candidate.forEach((ngram, _count, order) => {
      counts.matched[order]! += matched[ngram] ?? 0;
    });
    for (let order = 0; order < MAX_ORDER; order++) counts.total[order] = Math.max(0, words.length - order);
    matched.length = 0;
    this.#candidate.clear();
    this.#reference.clear();
    this.#table.truncate(0);
    return counts;
  }
}

function closerLength(target: number, a: number, b: number): number {
  const difference = Math.abs(a - target) - Math.abs(b - target);
  return difference < 0 || (difference === 0 && a < b) ? a : b;
}

/** BLEU of a corpus and of each of its items. */
export interface BleuResult {
  /** From the summed counts; not the mean of the items. */
  readonly corpus: BleuScores;
  readonly items: readonly BleuScores[];
  readonly counts: Readonly<BleuCounts>;
}

/**
 * BLEU-1 to BLEU-4 of texts whose words are separated by white space; case matters and nothing is tokenised.
 *
 * The numbers are those of pycocoevalcap's scorer: geometric mean of the clipped precisions, the closest reference's length in the
 * brevity penalty, 1e-15 added to matches and 1e-9 to totals, so that an order without a match gives a tiny score rather than 0.
 * Source: Papineni et al., *BLEU: a method for automatic evaluation of machine translation*, ACL 2002.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored.
 * @example
 * ```ts
 * computeBleu(['the heart is normal'], ['the heart is enlarged']).corpus[0]; // 0.75, to nine digits
 * ```
 */
export function computeBleu(candidates: readonly string[], references: readonly References[]): BleuResult {
  const accumulator = new BleuAccumulator();
  const items = toTextItems('computeBleu', candidates, references).map((item) =>
    bleuFromCounts(accumulator.add(item.candidate, item.references)),
  );
  return { corpus: bleuFromCounts(accumulator.sum), items, counts: accumulator.sum };
}
