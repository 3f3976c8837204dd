import type { Match, MeteorStage } from './match.js';
import type { ParaphraseTable } from './paraphrases.js';
import type { Steps } from '../steps.js';
import type { Word } from './words.js';

const NO_MARK = 0;
/** Distinct words of the reference between two pauses. */
const WORDS_PER_STEP = 16;

/**
 * The words of the candidate that a word of the reference could match, stage after stage, then by place. Shared by all places of the same
 * word, so that memory grows with the texts and not with the pairs of their words.
 */
export interface WordMatches {
  readonly places: readonly number[];
  /** The first places are those of exact matches. */
  readonly numExact: number;
  /** Then come those of stems, then synonyms. */
  readonly numStems: number;
  /** How often the word is in the reference. */
  count: number;
}

/** Everything that could match between two texts. */
export interface PossibleMatches {
  /** By word of the reference. */
  readonly words: readonly WordMatches[];
  /** By word of the reference: the matches of phrases that start there; `undefined` without paraphrases. */
  readonly phrases: readonly (readonly Match[])[] | undefined;
}

/** Finds everything that could match; reused from text to text. */
export class MatchFinder {
  readonly #stages: ReadonlySet<MeteorStage>;
  readonly #paraphrases: ParaphraseTable | undefined;
  /** By meaning: the last reference word that had it, counted over all texts. */
  readonly #lastWord: Int32Array;
  #wordCount = 0;

  constructor(
    stages: ReadonlySet<MeteorStage>,
    meaningCount: number,
    paraphrases: ParaphraseTable | undefined,
  ) {
    this.#stages = stages;
    this.#lastWord = new Int32Array(meaningCount);
    this.#paraphrases = stages.has('paraphrase') ? paraphrases : undefined;
  }

  /** Between identical texts the exact stage alone is asked. */
  *find(candidate: readonly Word[], reference: readonly Word[]): Steps<PossibleMatches> {
    const isSame =
      candidate.length === reference.length && candidate.every((word, index) => word === reference[index]);
    const distinct = distinctWords(candidate);
    const byWord = new Map<Word, WordMatches>();
    const words: WordMatches[] = [];
    for (const word of reference) {
      let found = byWord.get(word);
      if (!found) {
        byWord.set(word, (found = this.#findWord(word, distinct, isSame)));
        if (byWord.size % WORDS_PER_STEP === 0) yield;
      }
      found.count += 1;
      words.push(found);
    }
    if (!this.#paraphrases || isSame) return { words, phrases: undefined };
    const phrases: Match[][] = reference.map(() => []);
    for (const match of yield* this.#paraphrases.matches(candidate, reference))
      phrases[match.referenceStart]!.push(match);
    return { words, phrases };
  }

  #findWord(word: Word, distinct: readonly PlacedWord[], isSame: boolean): WordMatches {
    let exact: readonly number[] = [];
    let stems: readonly number[] = [];
    let synonyms: readonly number[] = [];
    const mark = isSame || !this.#stages.has('synonym') ? NO_MARK : this.#mark(word);
    const asksStems = !isSame && this.#stages.has('stem');
    for (let index = 0; index < distinct.length; index++) {
      const { word: other, places } = distinct[index]!;
      if (other === word) {
        exact = places;
        continue;
      }
      if (asksStems && other.stem === word.stem) stems = merged(stems, places);
      if (mark !== NO_MARK && this.#hasMeaning(other, mark)) synonyms = merged(synonyms, places);
    }
    const places = stems.length + synonyms.length === 0 ? exact : [...exact, ...stems, ...synonyms];
    return { places, numExact: exact.length, numStems: stems.length, count: 0 };
  }

  /** Marks a word's meanings; `NO_MARK` where it has none. */
  #mark({ meanings }: Word): number {
    if (meanings.length === 0) return NO_MARK;
    const mark = ++this.#wordCount;
    for (let index = 0; index < meanings.length; index++) this.#lastWord[meanings[index]!] = mark;
    return mark;
  }

  #hasMeaning({ meanings }: Word, mark: number): boolean {
    for (let index = 0; index < meanings.length; index++)
      if (this.#lastWord[meanings[index]!] === mark) return true;
    return false;
  }
}

/** A word and its places, in order. */
interface PlacedWord {
  readonly word: Word;
  readonly places: number[];
}

function distinctWords(words: readonly Word[]): PlacedWord[] {
  const byWord = new Map<Word, PlacedWord>();
  for (let place = 0; place < words.length; place++) {
    const known = byWord.get(words[place]!);
    if (known) known.places.push(place);
    else byWord.set(words[place]!, { word: words[place]!, places: [place] });
  }
  return [...byWord.values()];
}

/** Both lists of places in order. */
function merged(places: readonly number[], more: readonly number[]): readonly number[] {
  return places.length === 0 ? more : [...places, ...more].sort((a, b) => a - b);
}
