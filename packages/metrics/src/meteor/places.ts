import type { Word } from './words.js';

/** The ranks of a word's places, end excluded. */
export interface WordPlaces {
  readonly word: Word;
  readonly start: number;
  readonly end: number;
}

/**
 * Where the words of a candidate are. A place is a word's number in the text; its rank is where it comes when the places are sorted by word
 * first, so that those of one word are neighbours.
 */
export class PlaceIndex {
  readonly words: readonly WordPlaces[];
  /** By place. */
  readonly rankOf: Int32Array;
  /** By rank. */
  readonly placeAt: Int32Array;
  /** By rank: the sum of all places before it. */
  readonly sumBefore: Float64Array;

  constructor(candidate: readonly Word[]) {
    const byWord = new Map<Word, number[]>();
    for (let place = 0; place < candidate.length; place++) {
      const known = byWord.get(candidate[place]!);
      if (known) known.push(place);
      else byWord.set(candidate[place]!, [place]);
    }
    this.rankOf = new Int32Array(candidate.length);
    this.placeAt = new Int32Array(candidate.length);
    this.sumBefore = new Float64Array(candidate.length + 1);
    let rank = 0;
    const words: WordPlaces[] = [];
    for (const [word, places] of byWord) {
      words.push({ word, start: rank, end: rank + places.length });
      for (const place of places) {
        this.rankOf[place] = rank;
        this.placeAt[rank] = place;
        this.sumBefore[rank + 1] = this.sumBefore[rank]! + place;
        rank++;
      }
    }
    this.words = words;
  }

  /** The rank of a word's first place that is not before `place`. */
  rankFrom({ start, end }: WordPlaces, place: number): number {
    while (start < end) {
      const middle = (start + end) >> 1;
      if (this.placeAt[middle]! < place) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}

function countBits(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Which places are taken. All work is by blocks of 32 ranks. */
export class TakenPlaces {
  /** A bit for each rank. */
  #bits = new Int32Array(4);
  /** By block: the sum of the places that are taken. */
  #sums = new Float64Array(4);

  /** Frees all places of a text of that length. */
  clear(length: number): void {
    const blocks = (length >> 5) + 1;
    this.#bits = new Int32Array(blocks);
    this.#sums = new Float64Array(blocks);
  }

  copy(from: TakenPlaces): void {
    if (this.#bits.length === from.#bits.length) {
      this.#bits.set(from.#bits);
      this.#sums.set(from.#sums);
    } else {
      this.#bits = from.#bits.slice();
      this.#sums = from.#sums.slice();
    }
  }

  take(places: PlaceIndex, place: number): void {
    const rank = places.rankOf[place]!;
    this.#bits[rank >> 5]! |= 1 << (rank & 31);
    this.#sums[rank >> 5]! += place;
  }

  has(places: PlaceIndex, place: number): boolean {
    const rank = places.rankOf[place]!;
    return ((this.#bits[rank >> 5]! >> (rank & 31)) & 1) === 1;
  }

  /** The word's first free place that is not before `from`; `Infinity` where there is none. */
  firstFree(places: PlaceIndex, word: WordPlaces, from: number): number {
    let rank = places.rankFrom(word, from);
    while (rank < word.end) {
      const free = ~this.#bits[rank >> 5]! & (-1 << (rank & 31));
      rank &= ~31;
      if (free === 0) rank += 32;
      else {
        rank += 31 - Math.clz32(free & -free);
        return rank < word.end ? places.placeAt[rank]! : Infinity;
      }
    }
    return Infinity;
  }

  /** The sum over the word's free places from `from` on and before `to` of how far they are from a position. */
  freeDistance(places: PlaceIndex, word: WordPlaces, position: number, from: number, to: number): number {
    const first = places.rankFrom(word, from);
    const end = to >= places.placeAt.length ? word.end : places.rankFrom(word, to);
    if (first >= end) return 0;
    const middle = Math.min(end, Math.max(first, places.rankFrom(word, position)));
    return this.#offsets(places, position, middle, end) - this.#offsets(places, position, first, middle);
  }

  /** The sum over the free places of these ranks of how far they are behind a position. */
  #offsets({ placeAt, sumBefore }: PlaceIndex, position: number, start: number, end: number): number {
    let count = end - start;
    let sum = sumBefore[end]! - sumBefore[start]!;
    for (let block = start >> 5; block << 5 < end; block++) {
      const bits = this.#bits[block]!;
      if (bits === 0) continue;
      let inside = bits;
      const before = start - (block << 5);
      const behind = end - (block << 5);
      if (before > 0) inside &= -1 << before;
      if (behind < 32) inside &= ~(-1 << behind);
      count -= countBits(inside);
      if (inside === bits) sum -= this.#sums[block]!;
      else
        for (; inside !== 0; inside &= inside - 1)
          sum -= placeAt[(block << 5) + 31 - Math.clz32(inside & -inside)]!;
    }
    return sum - count * position;
  }
}
