import { MetricsError } from '../errors.js';
import { finish, type Steps } from '../steps.js';
import { toTextItems, type References } from '../text/items.js';
import { Aligner } from './aligner.js';
import { loadLexicon, type Lexicon, type LexiconSource } from './lexicon.js';
import { METEOR_STAGES, type Match, type MeteorStage } from './match.js';
import { MatchFinder } from './match-finder.js';
import { normalizeForMeteor } from './normalize.js';
import type { ParaphraseTable } from './paraphrases.js';
import { STATISTICS_LENGTH, addStatistics, scoresOf, statisticsOf, type MeteorScores } from './statistics.js';
import { WordBook, type Word } from './words.js';

/** One candidate scored against the best of its references. */
export interface MeteorItem extends MeteorScores {
  /** Which reference it was, the first of equals. */
  readonly referenceIndex: number;
  /** METEOR's 23 sufficient statistics. */
  readonly statistics: readonly number[];
}

/** A scored candidate with what matched. */
export interface MeteorAlignment extends MeteorItem {
  /** The normalised words of the candidate. */
  readonly candidateWords: readonly string[];
  /** The normalised words of the chosen reference. */
  readonly referenceWords: readonly string[];
  /** In the order of the reference. */
  readonly matches: readonly Match[];
}

/** Which matchers METEOR uses and with what data. */
export interface MeteorOptions {
  /** @defaultValue exact, stem and synonym; paraphrase as well where a table is given */
  readonly stages?: readonly MeteorStage[] | undefined;
  /** The lexicon of the synonym stage; see {@link loadMeteor}. */
  readonly lexicon?: Lexicon | undefined;
  /** The table of the paraphrase stage. @defaultValue none */
  readonly paraphrases?: ParaphraseTable | undefined;
}

function checkStages({ stages, lexicon, paraphrases }: MeteorOptions): ReadonlySet<MeteorStage> {
  const chosen = new Set(
    stages ?? METEOR_STAGES.filter((stage) => stage !== 'paraphrase' || paraphrases !== undefined),
  );
  const refuse = (expected: string, got: string, remedy: string): never => {
    throw new MetricsError('OPTION', `metrics.meteor: expected ${expected}, got ${got}; ${remedy}.`);
  };
  for (const stage of chosen)
    if (!METEOR_STAGES.includes(stage))
      refuse(`stages among ${METEOR_STAGES.join(', ')}`, `"${String(stage)}"`, 'leave it out');
  if (!chosen.has('exact'))
    refuse('the exact stage among the stages', [...chosen].join(', ') || 'none', 'add it');
  if (chosen.has('synonym') && !lexicon)
    refuse('a lexicon for the synonym stage', 'none', 'create the scorer with loadMeteor, which loads one');
  if (chosen.has('paraphrase') && !paraphrases)
    refuse('a table for the paraphrase stage', 'none', 'read one with readParaphraseTable');
  return chosen;
}

/** The words of one pair and what matched. */
interface Aligned {
  readonly item: MeteorItem;
  readonly reference: readonly Word[];
  readonly matches: readonly Match[];
}

/**
 * METEOR 1.5 for English. Texts are normalised here, so give them as they are.
 *
 * Source: Denkowski and Lavie, *Meteor universal: language specific translation evaluation for any target language*, WMT 2014; the
 * behaviour of METEOR 1.5 with `-l en -norm`, as pycocoevalcap calls it.
 */
export class Meteor {
  /** The matchers in use, in METEOR's order. */
  readonly stages: readonly MeteorStage[];
  /** How many entries the paraphrase stage has; 0 without one. */
  readonly paraphraseCount: number;
  readonly #words: WordBook;
  readonly #finder: MatchFinder;
  /** Aligners that no text is in; where texts are scored in turns, each has one of its own. */
  readonly #freeAligners: Aligner[] = [];

  /** @throws {@link MetricsError} `OPTION` where a stage lacks its data. */
  constructor(options: MeteorOptions) {
    const stages = checkStages(options);
    this.stages = METEOR_STAGES.filter((stage) => stages.has(stage));
    this.paraphraseCount = (stages.has('paraphrase') && options.paraphrases?.size) || 0;
    const lexicon = stages.has('synonym') ? options.lexicon : undefined;
    this.#words = new WordBook(lexicon);
    this.#finder = new MatchFinder(stages, lexicon?.meaningCount ?? 0, options.paraphrases);
  }

  /** Scores one candidate against the best of its references; at least one is needed. */
  score(candidate: string, references: readonly string[]): MeteorItem {
    return finish(this.scoreSteps(candidate, references));
  }

  /** Like `score`, with pauses. @internal */
  *scoreSteps(candidate: string, references: readonly string[]): Steps<MeteorItem> {
    return (yield* this.#best(this.#candidateWords(candidate), references)).item;
  }

  /** Like `score`, with the words and what matched. */
  align(candidate: string, references: readonly string[]): MeteorAlignment {
    const words = this.#candidateWords(candidate);
    const { item, reference, matches } = finish(this.#best(words, references));
    return {
      ...item,
      candidateWords: words.map(({ text }) => text),
      referenceWords: reference.map(({ text }) => text),
      matches,
    };
  }

  /** The wrapper around the reference takes its own separator out of candidates. */
  #candidateWords(candidate: string): Word[] {
    return this.#words.words(normalizeForMeteor(candidate.replaceAll('|||', '')));
  }

  *#best(candidate: readonly Word[], references: readonly string[]): Steps<Aligned> {
    let best: Aligned | undefined;
    for (const [referenceIndex, text] of references.entries()) {
      const reference = this.#words.words(normalizeForMeteor(text));
      yield;
      const possible = yield* this.#finder.find(candidate, reference);
      const aligner = this.#freeAligners.pop() ?? new Aligner();
      const matches = yield* aligner.align(possible);
      this.#freeAligners.push(aligner);
      const statistics = statisticsOf(candidate, reference, matches);
      const scores = scoresOf(statistics);
      if (!best || scores.score > best.item.score)
        best = { item: { ...scores, referenceIndex, statistics }, reference, matches };
    }
    if (!best)
      throw new MetricsError(
        'INPUT',
        'metrics.meteor: expected at least one reference, got none; leave the item out.',
      );
    return best;
  }
}

/** Adds up METEOR over items; memory does not grow with them. */
export class MeteorSum {
  readonly #statistics = new Array<number>(STATISTICS_LENGTH).fill(0);

  add(item: MeteorItem): void {
    addStatistics(this.#statistics, item.statistics);
  }

  /** The scores of the summed statistics: METEOR's aggregate, which is not the mean of the items. */
  scores(): MeteorScores {
    return scoresOf(this.#statistics);
  }
}

/** What {@link loadMeteor} loads. */
export interface LoadMeteorOptions extends Omit<MeteorOptions, 'lexicon'> {
  /**
   * WordNet, as a loaded lexicon, the bytes of `wordnet-3.0.txt`, or its address.
   *
   * @defaultValue the copy in this package, loaded by an import of its own; nothing where the synonym stage is not asked for
   */
  readonly lexicon?: Lexicon | LexiconSource | undefined;
  readonly signal?: AbortSignal | undefined;
}

function isLexicon(value: Lexicon | LexiconSource | undefined): value is Lexicon {
  return typeof value === 'object' && 'meaningCount' in value;
}

/**
 * A METEOR scorer with the data that its stages need.
 *
 * @throws {@link MetricsError} `DATA` where the lexicon cannot be read, `OPTION` where the paraphrase stage lacks its table.
 * @example
 * ```ts
 * const meteor = await loadMeteor();
 * meteor.score('the heart is normal', ['heart size is normal']).score;
 * ```
 */
export async function loadMeteor(options: LoadMeteorOptions = {}): Promise<Meteor> {
  const { lexicon, signal, ...rest } = options;
  signal?.throwIfAborted();
  if (rest.stages && !rest.stages.includes('synonym')) return new Meteor(rest);
  return new Meteor({
    ...rest,
    lexicon: isLexicon(lexicon) ? lexicon : await loadLexicon(lexicon, { signal }),
  });
}

/** METEOR of a corpus and of each of its items. */
export interface MeteorResult {
  /** The scores of the summed statistics; `aggregate.score` is what pycocoevalcap reports. */
  readonly aggregate: MeteorScores;
  readonly items: readonly MeteorItem[];
}

/**
 * METEOR 1.5 of whole lists of texts.
 *
 * @throws {@link MetricsError} `INPUT` where an item is not fit to be scored.
 * @example
 * ```ts
 * computeMeteor(await loadMeteor(), candidates, references).aggregate.score;
 * ```
 */
export function computeMeteor(
  meteor: Meteor,
  candidates: readonly string[],
  references: readonly References[],
): MeteorResult {
  const sum = new MeteorSum();
  const items = toTextItems('computeMeteor', candidates, references).map((item) => {
    const scored = meteor.score(item.candidate, item.references);
    sum.add(scored);
    return scored;
  });
  return { aggregate: sum.scores(), items };
}
