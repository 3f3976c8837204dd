import { MetricsError } from '../errors.js';
import { finish, type Steps } from '../steps.js';
import { toTextItems, type References } from './items.js';
import { NgramCounts, NgramTable } from './ngram-table.js';
import { mean } from './rouge.js';
import { WordNumbers } from './words.js';

const MAX_ORDER = 4;
const ORDERS = [0, 1, 2, 3];
const SIGMA = 6;

/**
 * Where CIDEr-D takes document frequencies from: the references that it is given (`'references'`); a corpus of its own, an entry per
 * document (one text, or the references of one item); or nowhere (`'none'`), every n-gram weighing the same, which is what RGRG's
 * evaluation comes to.
 */
export type DocumentFrequencies = 'references' | 'none' | { readonly corpus: readonly References[] };

/** How CIDEr-D weighs n-grams. */
export interface CiderOptions {
  /** @defaultValue `'references'` */
  readonly documentFrequencies?: DocumentFrequencies | undefined;
  /**
   * The number of documents in the inverse document frequency, at least 1.
   *
   * @defaultValue the number of scored items, also where the frequencies come from another corpus, as in the reference implementation
   */
  readonly documentCount?: number | undefined;
}

/** Scores items with CIDEr-D once every document has been seen; memory grows with the distinct n-grams of the documents. */
export class CiderScorer {
  readonly #numbers: WordNumbers;
  readonly #table = new NgramTable();
  readonly #candidate = new NgramCounts(this.#table, MAX_ORDER);
  readonly #reference = new NgramCounts(this.#table, MAX_ORDER);
  /** By n-gram: in how many documents it occurs. */
  #frequencies = new Int32Array(1024);
  /** By n-gram: the document it was last counted for, plus one. */
  #lastDocument = new Int32Array(1024);
  #documents = 0;
  /** By frequency: its logarithm, where it was asked for. */
  readonly #logs: number[] = [];

  constructor(numbers = new WordNumbers()) {
    this.#numbers = numbers;
  }

  /** Counts one document, the references of one item. */
  addDocument(texts: readonly string[]): void {
    this.#documents++;
    for (const text of texts) {
      this.#reference.count(this.#numbers.words(text));
      for (const ngrams of this.#reference.present) for (const ngram of ngrams) this.#addFrequency(ngram);
    }
    this.#reference.clear();
  }

  /** How many documents were counted. */
  get documents(): number {
    return this.#documents;
  }

  /** CIDEr-D of one item, from 0 to 10. */
  score(candidate: string, references: readonly string[], documentCount: number): number {
    const known = this.#table.size;
    const logCount = Math.log(documentCount);
    const words = this.#numbers.words(candidate);
    this.#candidate.count(words);
    const norms = ORDERS.map((order) => this.#norm(this.#candidate, order, logCount));
    let sum = 0;
    for (const reference of references) {
      const referenceWords = this.#numbers.words(reference);
      this.#reference.count(referenceWords);
      const difference = bigrams(words) - bigrams(referenceWords);
      sum += this.#similarity(norms, logCount) * Math.exp(-(difference ** 2) / (2 * SIGMA ** 2));
    }
    this.#candidate.clear();
    this.#reference.clear();
    this.#table.truncate(known);
    return (10 * sum) / references.length;
  }

  #addFrequency(ngram: number): void {
    if (ngram >= this.#frequencies.length) {
      this.#frequencies = grown(this.#frequencies, this.#table.size);
      this.#lastDocument = grown(this.#lastDocument, this.#table.size);
    }
    if (this.#lastDocument[ngram] === this.#documents) return;
    this.#lastDocument[ngram] = this.#documents;
    this.#frequencies[ngram]!++;
  }

  /** The mean over the orders of the clipped cosine between the counted candidate and reference. */
  #similarity(candidateNorms: readonly number[], logCount: number): number {
    let sum = 0;
    for (const order of ORDERS) {
      const norm = candidateNorms[order]! * this.#norm(this.#reference, order, logCount);
      if (norm !== 0) sum += this.#clippedProduct(order, logCount) / norm;
    }
    return sum / MAX_ORDER;
  }

  #clippedProduct(order: number, logCount: number): number {
    let product = 0;
    const ngrams = this.#candidate.present[order]!;
    for (let index = 0; index < ngrams.length; index++) {
      const ngram = ngrams[index]!;
      const count = this.#reference.of(ngram);
      if (count === 0) continue;
      const idf = logCount - this.#logFrequency(ngram);
      const weight = count * idf;
      product += Math.min(this.#candidate.of(ngram) * idf, weight) * weight;
    }
    return product;
  }

  /** The Euclidean length of a text's weights. */
  #norm(counts: NgramCounts, order: number, logCount: number): number {
    let squares = 0;
    const ngrams = counts.present[order]!;
    for (let index = 0; index < ngrams.length; index++) {
      const weight = counts.of(ngrams[index]!) * (logCount - this.#logFrequency(ngrams[index]!));
      squares += weight * weight;
    }
    return Math.sqrt(squares);
  }

  #logFrequency(ngram: number): number {
    const frequency = ngram < this.#frequencies.length ? this.#frequencies[ngram]! : 0;
    if (frequency <= 1) return 0;
    return (this.#logs[frequency] ??= Math.log(frequency));
  }
}

/** What the reference implementation counts as a text's length. */
function bigrams(words: Int32Array): number {
  return Math.max(0, words.length - 1);
}

function grown(numbers: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(Math.max(2 * numbers.length, size));
  result.set(numbers);
  return result;
}

/** Checks CIDEr-D's options. @throws {@link MetricsError} `OPTION` */
export function checkCiderOptions(where: string, options: CiderOptions): void {
  const { documentFrequencies = 'references', documentCount } = options;
  const isCorpus =
    typeof documentFrequencies === 'object' &&
    documentFrequencies !== null &&
    Array.isArray(documentFrequencies.corpus);
  if (documentFrequencies !== 'references' && documentFrequencies !== 'none' && !isCorpus)
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected documentFrequencies "references", "none" or { corpus }, got ${String(documentFrequencies)}; choose one.`,
    );
  if (documentCount !== undefined && !(Number.isFinite(documentCount) && documentCount >= 1))
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected documentCount to be a number of at least 1, got ${documentCount}; leave it out for the number of items.`,
    );
}

/** A scorer that has seen the documents of a corpus of its own, if there is one. */
export function* ciderScorerSteps(
  { documentFrequencies = 'references' }: CiderOptions,
  numbers?: WordNumbers,
): Steps<CiderScorer> {
  const scorer = new CiderScorer(numbers);
  if (typeof documentFrequencies === 'object')
    for (const entry of documentFrequencies.corpus) {
      scorer.addDocument(typeof entry === 'string' ? [entry] : entry);
      yield;
    }
  return scorer;
}

/** CIDEr-D of a corpus and of each of its items, between 0 and 10. */
export interface CiderResult {
  /** The mean of the items. */
  readonly mean: number;
  readonly items: readonly number[];
}

/**
 * CIDEr-D of texts whose words are separated by white space; case matters and nothing is tokenised.
 *
 * The numbers are those of pycocoevalcap's scorer, which is CIDEr-D under the name of CIDEr: n-grams up to 4 words, sigma 6, clipped,
 * times 10. Document frequencies count items, and the length penalty counts bigrams. With one item and frequencies from its references
 * every weight, and so the score, is 0.
 * Source: Vedantam et al., *CIDEr: consensus-based image description evaluation*, CVPR 2015.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored, `OPTION` where an option is not valid.
 * @example
 * ```ts
 * computeCider(candidates, references, { documentFrequencies: { corpus: trainingReports } }).mean;
 * ```
 */
export function computeCider(
  candidates: readonly string[],
  references: readonly References[],
  options: CiderOptions = {},
): CiderResult {
  checkCiderOptions('computeCider', options);
  const items = toTextItems('computeCider', candidates, references);
  const scorer = finish(ciderScorerSteps(options));
  if ((options.documentFrequencies ?? 'references') === 'references')
    for (const item of items) scorer.addDocument(item.references);
  const documentCount = options.documentCount ?? items.length;
  const scores = items.map((item) => scorer.score(item.candidate, item.references, documentCount));
  return { mean: mean(scores), items: scores };
}
