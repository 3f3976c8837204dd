import { ANATOMICAL_REGIONS, type AbortOptions, type AnatomicalRegion } from '@crrg/core';
import type { BootstrapInterval } from '@crrg/metrics';
import { createBreath } from '../breath.js';
import type { EvaluationOptions, Intervals, PatientItem } from '../intervals.js';
import type { MeteorStatistics } from '../meteor-statistics.js';
import { computeSummedIntervals, type SumOf } from '../summed-intervals.js';
import { SUBSETS, type Subset } from './selection.js';

/** A generated sentence beside the reference phrase of the same region. */
export interface SentencePair {
  readonly region: AnatomicalRegion;
  readonly sentence: string;
  /** Not empty. */
  readonly phrase: string;
  readonly isAbnormal: boolean;
}

/** The described regions of a film that have a reference phrase. */
export interface SentenceFilm extends PatientItem {
  readonly pairs: readonly SentencePair[];
}

/** METEOR of sentences of regions, over the summed statistics. */
export interface SentenceEvaluation {
  /** `ratio`: METEOR of the pairs over METEOR of all pairs of different regions of one film; above 1 where sentences fit their own region. */
  readonly scores: Intervals<Subset | 'mismatched' | 'ratio'>;
  /** Of each region that has a pair. */
  readonly regions: Readonly<
    Partial<Record<AnatomicalRegion, { readonly meteor: BootstrapInterval; readonly numPairs: number }>>
  >;
  readonly numPairs: Readonly<Record<Subset | 'mismatched', number>>;
}

type Sums = Record<string, number[]>;

/** Adds statistics and, after them, how many pairs there are. */
function add(sums: Sums, name: string, statistics: readonly number[]): void {
  const sum = (sums[name] ??= new Array<number>(statistics.length + 1).fill(0));
  statistics.forEach((value, at) => (sum[at]! += value));
  sum[statistics.length]! += 1;
}

async function sumsOf(
  { pairs }: SentenceFilm,
  meteor: MeteorStatistics,
  breathe: () => Promise<void>,
): Promise<Sums> {
  const sums: Sums = {};
  for (const { region, sentence, phrase, isAbnormal } of pairs) {
    await breathe();
    const statistics = meteor.of(sentence, phrase);
    for (const name of ['all', isAbnormal ? 'abnormal' : 'normal', region]) add(sums, name, statistics);
    for (const other of pairs)
      if (other.region !== region) add(sums, 'mismatched', meteor.of(sentence, other.phrase));
  }
  return sums;
}

function scoreOf(meteor: MeteorStatistics, sum: Float64Array, numPairs: number): number | undefined {
  return numPairs > 0 && sum.some((value) => value > 0) ? meteor.score(sum) : undefined;
}

/**
 * METEOR of generated sentences against the reference phrases of their regions: in three subsets, by region, and as the ratio that tells
 * whether sentences are about their own region.
 *
 * Source: docs/reference/evaluation.md#sentence-metrics.
 * @throws `MetricsError` for no films
 */
export async function evaluateSentences(
  films: readonly SentenceFilm[],
  meteor: MeteorStatistics,
  options: EvaluationOptions & AbortOptions = {},
): Promise<SentenceEvaluation> {
  const breathe = createBreath(options.signal);
  const items: { patient: string | undefined; sums: Sums }[] = [];
  for (const film of films) items.push({ patient: film.patient, sums: await sumsOf(film, meteor, breathe) });
  const countOf = (name: string) => items.reduce((sum, { sums }) => sum + (sums[name]?.at(-1) ?? 0), 0);
  const regions = ANATOMICAL_REGIONS.filter((name) => countOf(name) > 0);
  const score = (sumOf: SumOf, name: string) => scoreOf(meteor, sumOf(name), countOf(name));
  const intervals: Intervals<string> = computeSummedIntervals(
    items,
    (sumOf) => {
      const scores: Record<string, number | undefined> = Object.fromEntries(
        [...SUBSETS, 'mismatched', ...regions].map((name) => [name, score(sumOf, name)]),
      );
      const { all, mismatched } = scores;
      return { ...scores, ratio: all === undefined || !mismatched ? undefined : all / mismatched };
    },
    options,
  );
  const named = [...SUBSETS, 'mismatched', 'ratio'].flatMap((name) =>
    intervals[name] ? [[name, intervals[name]]] : [],
  );
  return {
    scores: Object.fromEntries(named) as SentenceEvaluation['scores'],
    regions: Object.fromEntries(
      regions.flatMap((name) =>
        intervals[name] ? [[name, { meteor: intervals[name], numPairs: countOf(name) }]] : [],
      ),
    ),
    numPairs: {
      all: countOf('all'),
      normal: countOf('normal'),
      abnormal: countOf('abnormal'),
      mismatched: countOf('mismatched'),
    },
  };
}
