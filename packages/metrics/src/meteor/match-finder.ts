import type { Match, MeteorStage } from './match.js';
import type { ParaphraseTable } from './paraphrases.js';
import type { Word } from './words.js';

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
    const push = (candidateStart: number, stage: MeteorStage) =>
      matches.push({
        referenceStart: position,
        referenceLength: 1,
        candidateStart,
        candidateLength: 1,
        stage,
      });
    if (this.#stages.has('exact'))
      for (let place = 0; place < candidate.length; place++)
        if (candidate[place] === word) push(place, 'exact');
    if (isSame) return matches;
    if (this.#stages.has('stem'))
      for (let place = 0; place < candidate.length; place++)
        if (candidate[place]!.stem === word.stem && candidate[place] !== word) push(place, 'stem');
    if (this.#stages.has('synonym') && word.meanings.length > 0) {
      const mark = ++this.#wordCount;
      for (const meaning of word.meanings) this.#lastWord[meaning] = mark;
      for (let place = 0; place < candidate.length; place++)
        if (candidate[place] !== word && this.#hasMeaning(candidate[place]!, mark)) push(place, 'synonym');
    }
    return matches;
  }

  #hasMeaning({ meanings }: Word, mark: number): boolean {
    for (let index = 0; index < meanings.length; index++)
      if (this.#lastWord[meanings[index]!] === mark) return true;
    return false;
  }
}
