/** The number of the empty sequence, from which every n-gram is extended. */
export const EMPTY_NGRAM = -1;

const FIRST_CAPACITY = 1024;

/**
 * Numbers for n-grams of numbered words, counted from 0 in order of first appearance. An n-gram is a shorter one extended by a word, so
 * one step finds its number; what was added last can be forgotten again.
 */
export class NgramTable {
  /** Slot to n-gram plus one; 0 is a free slot. Its length is a power of two, at most half full. */
  #slots = new Int32Array(2 * FIRST_CAPACITY);
  #prefixes = new Int32Array(FIRST_CAPACITY);
  #words = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  /** How many n-grams have a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of `prefix` followed by `word`, a new one where it was not seen before. */
  extend(prefix: number, word: number): number {
    const slot = this.#slotOf(prefix, word);
    const known = this.#slots[slot]!;
    if (known !== 0) return known - 1;
    const added = this.#size++;
    this.#prefixes[added] = prefix;
    this.#words[added] = word;
    this.#slots[slot] = added + 1;
    if (this.#size === this.#prefixes.length) this.#grow();
    return added;
  }

  /** Forgets every n-gram whose number is `size` or more. */
  truncate(size: number): void {
    // Removal in the reverse order of insertion leaves every chain of slots as it was before.
    while (this.#size > size) {
      const last = this.#size - 1;
      this.#slots[this.#slotOf(this.#prefixes[last]!, this.#words[last]!)] = 0;
      this.#size = last;
    }
  }

  /** Where the n-gram is, or the free slot where it belongs. */
  #slotOf(prefix: number, word: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = Math.imul(prefix, 0x9e3779b1) ^ Math.imul(word + 1, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]! - 1;
      if (entry < 0 || (this.#words[entry] === word && this.#prefixes[entry] === prefix)) return slot;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#prefixes.length;
    const prefixes = new Int32Array(capacity);
    const words = new Int32Array(capacity);
    prefixes.set(this.#prefixes);
    words.set(this.#words);
    this.#prefixes = prefixes;
    this.#words = words;
    this.#slots = new Int32Array(2 * capacity);
    for (let entry = 0; entry < this.#size; entry++)
      this.#slots[this.#slotOf(prefixes[entry]!, words[entry]!)] = entry + 1;
  }
}

/** How often each n-gram of one text occurs, by order; reused from text to text. */
export class NgramCounts {
  /** By order - 1: the n-grams that occur, each once. */
  readonly present: number[][];
  readonly #table: NgramTable;
  #counts = new Int32Array(FIRST_CAPACITY);

  constructor(table: NgramTable, maxOrder: number) {
    this.#table = table;
    this.present = Array.from({ length: maxOrder }, () => []);
  }

  /** Counts the n-grams of a text; what was counted before is gone. */
  count(words: Int32Array): void {
    this.clear();
    for (let start = 0; start < words.length; start++) {
      let ngram = EMPTY_NGRAM;
      const orders = Math.min(this.present.length, words.length - start);
      for (let order = 0; order < orders; order++) {
        ngram = this.#table.extend(ngram, words[start + order]!);
        if (ngram >= this.#counts.length) this.#grow(ngram);
        if (this.#counts[ngram]!++ === 0) this.present[order]!.push(ngram);
      }
    }
  }

  /** How often an n-gram occurs in the text counted last. */
  of(ngram: number): number {
    return ngram < this.#counts.length ? this.#counts[ngram]! : 0;
  }

  /** Visits every n-gram of the text counted last. */
  forEach(visit: (ngram: number, count: number, orderIndex: number) => void): void {
    this.present.forEach((ngrams, orderIndex) => {
      for (let index = 0; index < ngrams.length; index++)
        visit(ngrams[index]!, this.#counts[ngrams[index]!]!, orderIndex);
    });
  }

  clear(): void {
    for (const ngrams of this.present) {
      for (const ngram of ngrams) this.#counts[ngram] = 0;
      ngrams.length = 0;
    }
  }

  /** Makes room up to an n-gram, which may be far beyond the last one counted here. */
  #grow(ngram: number): void {
    const grown = new Int32Array(2 * (ngram + 1));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}
