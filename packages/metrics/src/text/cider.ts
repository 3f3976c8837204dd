import { MetricsError } from '../errors.js';
import { toTextItems, type References } from './items.js';
import { NgramCounts, NgramTable } from './ngram-table.js';
import { mean } from './rouge.js';
import { Vocabulary, splitWords } from './words.js';

const MAX_ORDER = 4;
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

/** The weights of one text's n-grams, by order - 1, and what else the similarity needs. */
interface WeightedText {
  readonly weights: readonly Float64Array[];
  readonly ngrams: readonly Int32Array[];
  readonly norms: readonly number[];
  /** In bigrams, which is what the reference implementation counts. */
  readonly length: number;
}

/** Scores items with CIDEr-D once every document has been seen; memory grows with the distinct n-grams of the documents. */
export class CiderScorer {
  readonly #vocabulary = new Vocabulary();
  readonly #table = new NgramTable();
  readonly #counts = new NgramCounts(this.#table, MAX_ORDER);
  /** By n-gram: in how many documents it occurs. */
  #frequencies = new Int32Array(1024);
  /** By n-gram: the document it was last counted for, plus one. */
  #lastDocument = new Int32Array(1024);
  #documents = 0;
  /** By n-gram of the text at hand: its weight; zero between uses. */
  #scratch = new Float64Array(1024);

  /** Counts one document, the references of one item. */
  addDocument(texts: readonly string[]): void {
    this.#documents++;
    for (const text of texts) {
      this.#counts.count(this.#words(text));
      for (const ngrams of this.#counts.present) for (const ngram of ngrams) this.#addFrequency(ngram);
    }
    this.#counts.clear();
  }

  /** How many documents were counted. */
  get documents(): number {
    return this.#documents;
  }

  /** CIDEr-D of one item, from 0 to 10. */
  score(candidate: string, references: readonly string[], documentCount: number): number {
    const known = this.#table.size;
    const logCount = Math.log(documentCount);
    const weighted = this.#weigh(candidate, logCount);
    let sum = 0;
    for (const reference of references) sum += this.#similarity(weighted, this.#weigh(reference, logCount));
    this.#counts.clear();
    this.#table.truncate(known);
    return (10 * sum) / references.length;
  }

  #words(text: string): Int32Array {
    return this.#vocabulary.numbers(splitWords(text));
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

  #weigh(text: string, logCount: number): WeightedText {
    const words = this.#words(text);
    this.#counts.count(words);
    const ngrams = this.#counts.present.map((present) => Int32Array.from(present));
    const weights = ngrams.map((each) => {
      const result = new Float64Array(each.length);
      for (let index = 0; index < each.length; index++) {
        const ngram = each[index]!;
        const frequency = Math.max(1, this.#frequencies[ngram] ?? 0);
        result[index] = this.#counts.of(ngram) * (logCount - Math.log(frequency));
      }
      return result;
    });
    const norms = weights.map((each) => Math.sqrt(each.reduce((sum, weight) => sum + weight * weight, 0)));
    return { weights, ngrams, norms, length: Math.max(0, words.length - 1) };
  }

  /** The mean over the orders of the clipped cosine, damped where the lengths differ. */
  #similarity(candidate: WeightedText, reference: WeightedText): number {
    if (this.#scratch.length < this.#table.size)
      this.#scratch = new Float64Array(2 * Math.max(this.#table.size, this.#scratch.length));
    let sum = 0;
    for (let order = 0; order < MAX_ORDER; order++) {
      const norm = candidate.norms[order]! * reference.norms[order]!;
      if (norm !== 0) sum += this.#clippedProduct(candidate, reference, order) / norm;
    }
    const difference = candidate.length - reference.length;
    return (sum / MAX_ORDER) * Math.exp(-(difference ** 2) / (2 * SIGMA ** 2));
  }

  #clippedProduct(candidate: WeightedText, reference: WeightedText, order: number): number {
    const scratch = this.#scratch;
    const ngrams = reference.ngrams[order]!;
    const weights = reference.weights[order]!;
    for (let index = 0; index < ngrams.length; index++) scratch[ngrams[index]!] = weights[index]!;
    const candidateNgrams = candidate.ngrams[order]!;
    const candidateWeights = candidate.weights[order]!;
    let product = 0;
    for (let index = 0; index < candidateNgrams.length; index++) {
      const weight = scratch[candidateNgrams[index]!]!;
      product += Math.min(candidateWeights[index]!, weight) * weight;
    }
    for (let index = 0; index < ngrams.length; index++) scratch[ngrams[index]!] = 0;
    return product;
  }
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
      `${where}: expected documentFrequencies "references", "none" or { corpus }, got ${String(documentFrequencies)}; choose one.`,
    );
  if (documentCount !== undefined && !(Number.isFinite(documentCount) && documentCount >= 1))
    throw new MetricsError(
      'OPTION',
      `${where}: expected documentCount to be a number of at least 1, got ${documentCount}; leave it out for the number of items.`,
    );
}

/** A scorer that has seen the documents of a corpus of its own, if there is one. */
export function createCiderScorer({ documentFrequencies = 'references' }: CiderOptions): CiderScorer {
  const scorer = new CiderScorer();
  if (typeof documentFrequencies === 'object')
    for (const entry of documentFrequencies.corpus)
      scorer.addDocument(typeof entry === 'string' ? [entry] : entry);
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
  const scorer = createCiderScorer(options);
  if ((options.documentFrequencies ?? 'references') === 'references')
    for (const item of items) scorer.addDocument(item.references);
  const documentCount = options.documentCount ?? items.length;
  const scores = items.map((item) => scorer.score(item.candidate, item.references, documentCount));
  return { mean: mean(scores), items: scores };
}
