import { finish, type Steps } from '../steps.js';
import { toTextItems, type References } from './items.js';
import { WordNumbers } from './words.js';

const BETA = 1.2;

/** Comparisons of words between two pauses. */
const CELLS_PER_STEP = 1 << 20;

/** One more word of the first text: `row` holds the lengths of the longest common subsequences with every start of the second. */
function addWord(word: number, second: Int32Array, row: Int32Array): void {
  let diagonal = 0;
  for (let column = 1; column <= second.length; column++) {
    const above = row[column]!;
    if (word === second[column - 1]) row[column] = diagonal + 1;
    else if (row[column - 1]! > above) row[column] = row[column - 1]!;
    diagonal = above;
  }
}

/** The length of the longest common subsequence; `row` is scratch space, at least one longer than `second`. */
export function* longestCommonSubsequence(
  first: Int32Array,
  second: Int32Array,
  row: Int32Array,
): Steps<number> {
  row.fill(0, 0, second.length + 1);
  let cells = 0;
  for (const word of first) {
    addWord(word, second, row);
    cells += second.length;
    if (cells < CELLS_PER_STEP) continue;
    cells = 0;
    yield;
  }
  return row[second.length]!;
}

/** Scores items with ROUGE-L; memory grows with the vocabulary alone. */
export class RougeLScorer {
  readonly #numbers: WordNumbers;
  #row = new Int32Array(256);

  constructor(numbers = new WordNumbers()) {
    this.#numbers = numbers;
  }

  score(candidate: string, references: readonly string[]): number {
    return finish(this.scoreSteps(candidate, references));
  }

  /** Like `score`, with pauses. Another text must not be scored in one of them. @internal */
  *scoreSteps(candidate: string, references: readonly string[]): Steps<number> {
    const candidateWords = this.#numbers.parts(candidate);
    let precision = 0;
    let recall = 0;
    for (const reference of references) {
      const words = this.#numbers.parts(reference);
      if (this.#row.length <= words.length) this.#row = new Int32Array(2 * words.length);
      const common = yield* longestCommonSubsequence(candidateWords, words, this.#row);
      precision = Math.max(precision, common / candidateWords.length);
      recall = Math.max(recall, common / words.length);
    }
    if (precision === 0 || recall === 0) return 0;
    return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
  }
}

/** ROUGE-L of a corpus and of each of its items, between 0 and 1. */
export interface RougeLResult {
  /** The mean of the items. */
  readonly mean: number;
  readonly items: readonly number[];
}

/**
 * ROUGE-L of texts whose words are separated by single blanks; case matters and nothing is tokenised.
 *
 * The numbers are those of pycocoevalcap's scorer: F-measure of the longest common subsequence with beta 1.2; precision and recall are
 * each the best over the references, taken separately; two blanks make an empty word, and an empty text against an empty one scores 1.
 * Source: Lin, *ROUGE: a package for automatic evaluation of summaries*, 2004.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored.
 * @example
 * ```ts
 * computeRougeL(['the heart is normal'], ['the heart is enlarged']).mean; // 0.75
 * ```
 */
export function computeRougeL(
  candidates: readonly string[],
  references: readonly References[],
): RougeLResult {
  const scorer = new RougeLScorer();
  const items = toTextItems('computeRougeL', candidates, references).map((item) =>
    scorer.score(item.candidate, item.references),
  );
  return { mean: mean(items), items };
}

/** The arithmetic mean of at least one number. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
