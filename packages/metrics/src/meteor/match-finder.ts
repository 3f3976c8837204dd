import type { Match, MeteorStage } from './match.js';
import type { ParaphraseTable } from './paraphrases.js';
import type { Word } from './words.js';

const NO_MARK = 0;

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

  /**
   * By word of the reference: the possible matches that start there, stage after stage, then by place in the candidate. Between
   * identical texts the exact stage alone is asked.
   */
  find(candidate: readonly Word[], reference: readonly Word[]): Match[][] {
    const isSame =
      candidate.length === reference.length && candidate.every((word, index) => word === reference[index]);
    const found = reference.map((word, position) => this.#findWord(word, position, candidate, isSame));
    if (this.#paraphrases && !isSame)
      for (const match of this.#paraphrases.matches(candidate, reference))
        found[match.referenceStart]!.push(match);
    return found;
  }

  #findWord(word: Word, position: number, candidate: readonly Word[], isSame: boolean): Match[] {
    const matches: Match[] = [];
    const stems: Match[] = [];
    const synonyms: Match[] = [];
    const mark = isSame || !this.#stages.has('synonym') ? NO_MARK : this.#mark(word);
    const asksStems = !isSame && this.#stages.has('stem');
    for (let place = 0; place < candidate.length; place++) {
      const other = candidate[place]!;
      if (other === word) {
        matches.push(wordMatch(position, place, 'exact'));
        continue;
      }
      if (asksStems && other.stem === word.stem) stems.push(wordMatch(position, place, 'stem'));
      if (mark !== NO_MARK && this.#hasMeaning(other, mark))
        synonyms.push(wordMatch(position, place, 'synonym'));
    }
    for (const match of stems) matches.push(match);
    for (const match of synonyms) matches.push(match);
    return matches;
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

function wordMatch(referenceStart: number, candidateStart: number, stage: MeteorStage): Match {
  return { referenceStart, referenceLength: 1, candidateStart, candidateLength: 1, stage };
}
