import type { Match, MeteorStage } from './match.js';
import type { ParaphraseTable } from './paraphrases.js';
import { PlaceIndex, type WordPlaces } from './places.js';
import type { Steps } from '../steps.js';
import type { Word } from './words.js';

const NO_MARK = 0;
/** Distinct words of the reference between two pauses. */
const WORDS_PER_STEP = 16;

/** Stages that match word by word, in METEOR's order. */
export const WORD_STAGES = ['exact', 'stem', 'synonym'] as const;

/**
 * The words of the candidate that a word of the reference could match. Shared by all places of the same word, so that memory grows with the
 * texts and not with the pairs of their words.
 */
export interface WordMatches {
  /** By stage of {@link WORD_STAGES}; a word may be in two. */
  readonly stages: readonly (readonly WordPlaces[])[];
  /** Of all stages. */
  readonly numPlaces: number;
  /** How often the word is in the reference. */
  count: number;
}

/** Everything that could match between two texts. */
export interface PossibleMatches {
  /** Of the candidate. */
  readonly places: PlaceIndex;
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
    const places = new PlaceIndex(candidate);
    const byWord = new Map<Word, WordMatches>();
    const words: WordMatches[] = [];
    for (const word of reference) {
      let found = byWord.get(word);
      if (!found) {
        byWord.set(word, (found = this.#findWord(word, places.words, isSame)));
        if (byWord.size % WORDS_PER_STEP === 0) yield;
      }
      found.count += 1;
      words.push(found);
    }
    if (!this.#paraphrases || isSame) return { places, words, phrases: undefined };
    const phrases: Match[][] = reference.map(() => []);
    for (const match of yield* this.#paraphrases.matches(candidate, reference))
      phrases[match.referenceStart]!.push(match);
    return { places, words, phrases };
  }

  #findWord(word: Word, candidate: readonly WordPlaces[], isSame: boolean): WordMatches {
    const exact: WordPlaces[] = [];
    const stems: WordPlaces[] = [];
    const synonyms: WordPlaces[] = [];
    const mark = isSame || !this.#stages.has('synonym') ? NO_MARK : this.#mark(word);
    const asksStems = !isSame && this.#stages.has('stem');
    let numPlaces = 0;
    const add = (stage: WordPlaces[], places: WordPlaces) => {
      stage.push(places);
      numPlaces += places.end - places.start;
    };
    for (let index = 0; index < candidate.length; index++) {
      const places = candidate[index]!;
      const other = places.word;
      if (other === word) {
        add(exact, places);
        continue;
      }
      if (asksStems && other.stem === word.stem) add(stems, places);
      if (mark !== NO_MARK && this.#hasMeaning(other, mark)) add(synonyms, places);
    }
    return { stages: [exact, stems, synonyms], numPlaces, count: 0 };
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
