import { MetricsError } from '../errors.js';
import { finish, type Steps } from '../steps.js';
import { toTextItems, type References } from './items.js';
import { NgramCounts, NgramTable } from './ngram-table.js';
import { stemPorter } from './porter.js';
import { longestCommonSubsequence, mean } from './rouge.js';
import { WordNumbers } from './words.js';

/** How ROUGE cuts words. */
export interface RougeOptions {
  /** Whether words of more than three letters are stemmed. @defaultValue false, as in `rouge_score` */
  readonly stem?: boolean | undefined;
}

/** Precision, recall and their harmonic mean, each in [0, 1]; undefined shares are 0. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** ROUGE of one candidate, each against the reference that gives it the best F1. */
export interface RougeItem {
  readonly rouge1: RougeScore;
  readonly rouge2: RougeScore;
  readonly rougeL: RougeScore;
}

const NAMES = ['rouge1', 'rouge2', 'rougeL'] as const satisfies readonly (keyof RougeItem)[];

/** Lower-cased runs of Latin letters and digits; everything else separates. */
function rougeWords(text: string, stem: boolean): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return (stem ? words.map((word) => (word.length > 3 ? stemPorter(word) : word)) : words).join(' ');
}

function scoreOf(common: number, candidateSize: number, referenceSize: number): RougeScore {
  const precision = common / Math.max(candidateSize, 1);
  const recall = common / Math.max(referenceSize, 1);
  const sum = precision + recall;
  return { precision, recall, f1: sum > 0 ? (2 * precision * recall) / sum : 0 };
}

/** Scores items with ROUGE-1, ROUGE-2 and ROUGE-L; memory grows with the vocabulary alone. */
export class RougeScorer {
  readonly #numbers = new WordNumbers();
  readonly #table = new NgramTable();
  readonly #candidate = new NgramCounts(this.#table, 2);
  readonly #reference = new NgramCounts(this.#table, 2);
  readonly #stem: boolean;
  #row = new Int32Array(256);

  constructor({ stem = false }: RougeOptions = {}) {
    this.#stem = stem;
  }

  /** With pauses. Another text must not be scored in one of them. @internal */
  *scoreSteps(candidate: string, references: readonly string[]): Steps<RougeItem> {
    const words = this.#numbers.words(rougeWords(candidate, this.#stem));
    let best: RougeItem | undefined;
    for (const reference of references) {
      const item = yield* this.#scorePair(words, this.#numbers.words(rougeWords(reference, this.#stem)));
      const previous = best;
      best = previous
        ? (Object.fromEntries(
            NAMES.map((name) => [name, item[name].f1 > previous[name].f1 ? item[name] : previous[name]]),
          ) as unknown as RougeItem)
        : item;
    }
    return best!;
  }

  *#scorePair(candidate: Int32Array, reference: Int32Array): Steps<RougeItem> {
    this.#candidate.count(candidate);
    this.#reference.count(reference);
    const common = [0, 0];
    this.#candidate.forEach((ngram, count, order) => {
      common[order]! += Math.min(count, this.#reference.of(ngram));
    });
    this.#candidate.clear();
    this.#reference.clear();
    this.#table.truncate(0);
    if (this.#row.length <= reference.length) this.#row = new Int32Array(2 * reference.length);
    const longest = yield* longestCommonSubsequence(candidate, reference, this.#row);
    const bigrams = (words: Int32Array) => Math.max(0, words.length - 1);
    return {
      rouge1: scoreOf(common[0]!, candidate.length, reference.length),
      rouge2: scoreOf(common[1]!, bigrams(candidate), bigrams(reference)),
      rougeL: scoreOf(longest, candidate.length, reference.length),
    };
  }
}

/** Checks ROUGE's options. @throws {@link MetricsError} `OPTION` */
export function checkRougeOptions(where: string, { stem }: RougeOptions): void {
  if (stem !== undefined && typeof stem !== 'boolean')
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected stem to be true or false, got ${String(stem)}; leave it out for words as they are.`,
    );
}

/** ROUGE of a corpus and of each of its items. */
export interface RougeResult {
  /** Means of the items' F1. */
  readonly mean: { readonly rouge1: number; readonly rouge2: number; readonly rougeL: number };
  readonly items: readonly RougeItem[];
}

/**
 * ROUGE-1, ROUGE-2 and ROUGE-L with beta 1 (F1), of texts as they are: lower-cased, cut at everything but Latin letters and digits.
 *
 * The numbers are those of Google's Python package `rouge_score`; of several references the one with the best F1 counts, for each score on its
 * own. {@link computeRougeL} is another ROUGE-L: pycocoevalcap's, with beta 1.2.
 * Source: Lin, *ROUGE: a package for automatic evaluation of summaries*, 2004.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored, `OPTION` for a wrong option.
 * @example
 * ```ts
 * computeRouge(['The heart is enlarged.'], ['Enlarged heart.'], { stem: true }).mean.rouge1; // 2/3
 * ```
 */
export function computeRouge(
  candidates: readonly string[],
  references: readonly References[],
  options: RougeOptions = {},
): RougeResult {
  checkRougeOptions('computeRouge', options);
  const scorer = new RougeScorer(options);
  const items = toTextItems('computeRouge', candidates, references).map((item) =>
    finish(scorer.scoreSteps(item.candidate, item.references)),
  );
  const meanOf = (name: keyof RougeItem) => mean(items.map((item) => item[name].f1));
  return { mean: { rouge1: meanOf('rouge1'), rouge2: meanOf('rouge2'), rougeL: meanOf('rougeL') }, items };
}
