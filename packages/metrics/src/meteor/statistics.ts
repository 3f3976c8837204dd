import type { Match, MeteorStage } from './match.js';
import { METEOR_STAGES } from './match.js';
import type { Word } from './words.js';

/** Scores of texts or of summed statistics. All lie between 0 and 1. */
export interface MeteorScores {
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
  /** The mean that the score is made of, in which recall weighs more. */
  readonly fmean: number;
  readonly fragmentationPenalty: number;
}

/** METEOR's parameters for English; part of every signature. */
export const METEOR_PARAMETERS = { alpha: 0.85, beta: 0.2, gamma: 0.6, delta: 0.75 } as const;
const STAGE_WEIGHTS: Readonly<Record<MeteorStage, number>> = {
  exact: 1,
  stem: 0.6,
  synonym: 0.8,
  paraphrase: 0.6,
};

/** Where the numbers stand in a row of statistics. */
const FIRST_STAGE = 4;
const CHUNKS = 20;
const CANDIDATE_MATCHED = 21;
const REFERENCE_MATCHED = 22;

/** How many numbers METEOR's sufficient statistics have. */
export const STATISTICS_LENGTH = 23;

function countFunctionWords(words: readonly Word[], start = 0, length = words.length): number {
  let count = 0;
  for (let index = start; index < start + length; index++) if (words[index]!.isFunctionWord) count++;
  return count;
}

/** Runs of matches that are neighbours in both texts. */
function countChunks(matches: readonly Match[]): number {
  let chunks = 0;
  let referenceEnd = -1;
  let candidateEnd = -1;
  for (const match of matches) {
    if (match.referenceStart !== referenceEnd || match.candidateStart !== candidateEnd) chunks++;
    referenceEnd = match.referenceStart + match.referenceLength;
    candidateEnd = match.candidateStart + match.candidateLength;
  }
  return chunks;
}

/**
 * METEOR's 23 sufficient statistics: lengths of candidate and reference, function words of both, then for each of the four stages the
 * matched content words of candidate and reference and the matched function words of both, then chunks, matched words of both.
 */
export function statisticsOf(
  candidate: readonly Word[],
  reference: readonly Word[],
  matches: readonly Match[],
): number[] {
  const statistics = new Array<number>(STATISTICS_LENGTH).fill(0);
  statistics[0] = candidate.length;
  statistics[1] = reference.length;
  statistics[2] = countFunctionWords(candidate);
  statistics[3] = countFunctionWords(reference);
  for (const match of matches) {
    const at = FIRST_STAGE + 4 * METEOR_STAGES.indexOf(match.stage);
    const candidateFunction = countFunctionWords(candidate, match.candidateStart, match.candidateLength);
    const referenceFunction = countFunctionWords(reference, match.referenceStart, match.referenceLength);
    statistics[at]! += match.candidateLength - candidateFunction;
    statistics[at + 1]! += match.referenceLength - referenceFunction;
    statistics[at + 2]! += candidateFunction;
    statistics[at + 3]! += referenceFunction;
    statistics[CANDIDATE_MATCHED]! += match.candidateLength;
    statistics[REFERENCE_MATCHED]! += match.referenceLength;
  }
  statistics[CHUNKS] = countChunks(matches);
  return statistics;
}

/** Whether every word of both texts is matched, in one piece. */
function isPerfect(statistics: ArrayLike<number>): boolean {
  return (
    statistics[CHUNKS] === 1 &&
    statistics[0] === statistics[CANDIDATE_MATCHED] &&
    statistics[1] === statistics[REFERENCE_MATCHED]
  );
}

/** What a text adds to a sum of statistics: the chunk of a perfect text does not count. */
export function summandOf(statistics: readonly number[]): readonly number[] {
  if (!isPerfect(statistics)) return statistics;
  return statistics.map((value, index) => (index === CHUNKS ? 0 : value));
}

/** Adds a text's statistics to a sum. */
export function addStatistics(sum: number[], statistics: readonly number[]): void {
  const summand = summandOf(statistics);
  for (let index = 0; index < STATISTICS_LENGTH; index++) sum[index]! += summand[index]!;
}

/** The matched share of one side's words, content words and better stages weighing more; `side` 0 is the candidate, 1 the reference. */
function weightedShare(statistics: ArrayLike<number>, side: 0 | 1): number {
  const { delta } = METEOR_PARAMETERS;
  const functionWords = statistics[2 + side]!;
  const length = delta * (statistics[side]! - functionWords) + (1 - delta) * functionWords;
  let matched = 0;
  METEOR_STAGES.forEach((stage, index) => {
    matched += STAGE_WEIGHTS[stage] * delta * statistics[FIRST_STAGE + 4 * index + side]!;
  });
  METEOR_STAGES.forEach((stage, index) => {
    matched += STAGE_WEIGHTS[stage] * (1 - delta) * statistics[FIRST_STAGE + 4 * index + 2 + side]!;
  });
  return matched / length;
}

const orZero = (value: number) => (Number.isNaN(value) ? 0 : value);

/** Scores from statistics; everything undefined is 0, as in METEOR. */
export function scoresOf(statistics: ArrayLike<number>): MeteorScores {
  const { alpha, beta, gamma } = METEOR_PARAMETERS;
  const precision = weightedShare(statistics, 0);
  const recall = weightedShare(statistics, 1);
  const fmean = 1 / ((1 - alpha) / precision + alpha / recall);
  const matched = (statistics[CANDIDATE_MATCHED]! + statistics[REFERENCE_MATCHED]!) / 2;
  const fragmentation = isPerfect(statistics) ? 0 : statistics[CHUNKS]! / matched;
  const penalty = gamma * fragmentation ** beta;
  return {
    score: orZero(fmean * (1 - penalty)),
    precision: orZero(precision),
    recall: orZero(recall),
    f1: orZero((2 * precision * recall) / (precision + recall)),
    fmean: orZero(fmean),
    fragmentationPenalty: orZero(penalty),
  };
}
