import { MetricsError } from '../errors.js';
import { toTextItems, type References, type TextItem } from './items.js';
import { mean } from './rouge.js';

/** Two or more letters, digits or underscores in a row. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;

/** The lower-cased words of at least two characters that scikit-learn's default vectorizer sees. */
function vectorizerWords(text: string): readonly string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0)!);
  const right = Array.from(b, (character) => character.codePointAt(0)!);
  for (let index = 0; index < Math.min(left.length, right.length); index++)
    if (left[index] !== right[index]) return left[index]! - right[index]!;
  return left.length - right.length;
}

/** A document as word weights of Euclidean length 1; empty where it has no known word. */
export type TfidfVector = ReadonlyMap<string, number>;

/**
 * Word weights learnt from documents: term frequency times `ln((1 + documents) / (1 + documents with the word)) + 1`, then scaled to
 * length 1; the defaults of scikit-learn's `TfidfVectorizer`.
 */
export class TfidfModel {
  readonly #frequencies = new Map<string, number>();
  #documents = 0;

  /** Learns from one more document. */
  add(document: string): void {
    this.#documents++;
    for (const word of new Set(vectorizerWords(document)))
      this.#frequencies.set(word, (this.#frequencies.get(word) ?? 0) + 1);
  }

  /** The known words in the order of their code points. */
  vocabulary(): string[] {
    return [...this.#frequencies.keys()].sort(byCodePoint);
  }

  /** The inverse document frequency of a known word; undefined for another. */
  inverseDocumentFrequency(word: string): number | undefined {
    const frequency = this.#frequencies.get(word);
    return frequency === undefined ? undefined : Math.log((1 + this.#documents) / (1 + frequency)) + 1;
  }

  /** The weights of a text's known words; others are dropped. */
  vector(text: string): TfidfVector {
    const weights = new Map<string, number>();
    for (const word of vectorizerWords(text)) weights.set(word, (weights.get(word) ?? 0) + 1);
    let squares = 0;
    for (const [word, count] of weights) {
      const factor = this.inverseDocumentFrequency(word);
      if (factor === undefined) weights.delete(word);
      else {
        weights.set(word, count * factor);
        squares += (count * factor) ** 2;
      }
    }
    const length = Math.sqrt(squares);
    for (const [word, weight] of weights) weights.set(word, weight / length);
    return weights;
  }
}

/** The cosine of two vectors of one model, from 0 to 1; 0 where one is empty. */
export function tfidfCosine(a: TfidfVector, b: TfidfVector): number {
  let sum = 0;
  for (const [word, weight] of a) sum += weight * (b.get(word) ?? 0);
  return sum;
}

/**
 * Learns word weights from documents.
 *
 * @throws {@link MetricsError} `INPUT` where no document holds a word of two characters.
 */
export function fitTfidf(documents: readonly string[]): TfidfModel {
  const model = new TfidfModel();
  for (const document of documents) model.add(document);
  if (model.vocabulary().length === 0)
    throw new MetricsError(
      'INPUT',
      'metrics.fitTfidf: expected a word of at least two letters or digits in the documents, got none; give texts with words.',
    );
  return model;
}

/** Which texts the word weights are learnt from: all, the references alone, or each item's own texts. */
export type TfidfFit = 'all' | 'references' | 'item';

/** How the cosine similarity learns its weights. */
export interface TfidfOptions {
  /** @defaultValue `'all'` */
  readonly fit?: TfidfFit | undefined;
}

const FITS: readonly unknown[] = ['all', 'references', 'item'];

/** Checks the option. @throws {@link MetricsError} `OPTION` */
export function checkTfidfOptions(where: string, { fit = 'all' }: TfidfOptions): TfidfFit {
  if (!FITS.includes(fit))
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected fit "all", "references" or "item", got ${String(fit)}; choose one.`,
    );
  return fit;
}

/** The best cosine between the candidate and one of its references. */
export function tfidfItemCosine(model: TfidfModel, { candidate, references }: TextItem): number {
  const vector = model.vector(candidate);
  return references.reduce(
    (best, reference) => Math.max(best, tfidfCosine(vector, model.vector(reference))),
    0,
  );
}

/** A model that has learnt from one item's texts. */
export function fitItem({ candidate, references }: TextItem): TfidfModel {
  const model = new TfidfModel();
  for (const text of [...references, candidate]) model.add(text);
  return model;
}

/** TF-IDF cosine similarity of a corpus and of each of its items, between 0 and 1. */
export interface TfidfResult {
  /** The mean of the items. */
  readonly mean: number;
  readonly items: readonly number[];
}

/**
 * Cosine similarity of TF-IDF vectors of raw texts; with several references the best. Texts without a known word score 0.
 *
 * The numbers are those of scikit-learn's `TfidfVectorizer()` with its defaults: lower case, words of two or more letters, digits or
 * underscores, smoothed inverse document frequencies, Euclidean length 1.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored, `OPTION` where an option is not valid.
 * @example
 * ```ts
 * computeTfidfCosine(candidates, references, { fit: 'references' }).mean;
 * ```
 */
export function computeTfidfCosine(
  candidates: readonly string[],
  references: readonly References[],
  options: TfidfOptions = {},
): TfidfResult {
  const fit = checkTfidfOptions('computeTfidfCosine', options);
  const items = toTextItems('computeTfidfCosine', candidates, references);
  const shared = new TfidfModel();
  if (fit !== 'item')
    for (const { candidate, references: texts } of items) {
      for (const text of texts) shared.add(text);
      if (fit === 'all') shared.add(candidate);
    }
  const scores = items.map((item) => tfidfItemCosine(fit === 'item' ? fitItem(item) : shared, item));
  return { mean: mean(scores), items: scores };
}
