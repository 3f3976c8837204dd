import { rankOwnTexts, type RetrievalPairs } from '@crrg/rclip';
import { computeIntervals, meanOf, type EvaluationOptions } from '../intervals.js';
import { toScores, type Scores } from '../score.js';

/** How well one side finds its own other side. */
export interface RetrievalDirection {
  readonly numQueries: number;
  /** What was searched. */
  readonly numCandidates: number;
  readonly scores: Scores<'recallAt1' | 'recallAt5' | 'recallAt10' | 'meanRank'>;
}

/** Retrieval in both directions. */
export interface RetrievalSection {
  /** Equal texts count once, as in CXR-CLIP. */
  readonly imageToText: RetrievalDirection;
  /** A text that several films share is searched once; any of its films is right. */
  readonly textToImage: RetrievalDirection;
}

/** Pairs whose rows belong to patients. */
export interface PatientPairs extends RetrievalPairs {
  readonly patients: readonly string[];
}

interface RankedQuery {
  readonly patient: string;
  readonly rank: number;
}

function directionOf(
  queries: readonly RankedQuery[],
  numCandidates: number,
  options: EvaluationOptions,
): RetrievalDirection {
  const recallAt = (limit: number) => (sample: readonly RankedQuery[]) =>
    meanOf(sample.map(({ rank }) => Number(rank <= limit)));
  const intervals = computeIntervals(
    queries,
    {
      recallAt1: recallAt(1),
      recallAt5: recallAt(5),
      recallAt10: recallAt(10),
      meanRank: (sample) => meanOf(sample.map(({ rank }) => rank)),
    },
    options,
  );
  return { numQueries: queries.length, numCandidates, scores: toScores(intervals) };
}

/**
 * Recall at 1, 5 and 10 and the mean rank, images searching texts and texts searching images. Samples of patients draw queries; what is searched stays.
 * @throws {DataError} where the lists differ in length
 */
export function evaluateRetrieval(pairs: PatientPairs, options: EvaluationOptions = {}): RetrievalSection {
  const { images, texts, keys, patients } = pairs;
  const forward = rankOwnTexts({ images, texts, keys });
  const backward = rankOwnTexts({ images: texts, texts: images, keys: keys.map((_, row) => row) });
  const bestOf = new Map<string | number, RankedQuery>();
  backward.ranks.forEach((rank, row) => {
    const best = bestOf.get(keys[row]!);
    if (!best || rank < best.rank) bestOf.set(keys[row]!, { patient: patients[row]!, rank });
  });
  const queries = forward.ranks.map((rank, row) => ({ patient: patients[row]!, rank }));
  return {
    imageToText: directionOf(queries, forward.candidates, options),
    textToImage: directionOf([...bestOf.values()], backward.candidates, options),
  };
}
