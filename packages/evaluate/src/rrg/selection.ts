import { scoreConfusion, type ConfusionCounts } from '@crrg/metrics';
import type { EvaluationOptions, Intervals, PatientItem } from '../intervals.js';
import { computeSummedIntervals } from '../summed-intervals.js';

/** A region that the reference speaks of, or could. */
export interface JudgedRegion {
  /** Detected and chosen for a sentence. */
  readonly isSelected: boolean;
  readonly isDetected: boolean;
  /** What the abnormality classifier says at its threshold. */
  readonly isPredictedAbnormal: boolean;
  /** The reference has a phrase about it. */
  readonly hasPhrase: boolean;
  readonly isAbnormal: boolean;
}

/** The listed regions of a film. */
export interface JudgedFilm extends PatientItem {
  readonly regions: readonly JudgedRegion[];
}

/** Scores of a yes or no with the counts that they are made of. */
export interface DecisionScores {
  readonly scores: Intervals<'precision' | 'recall' | 'f1'>;
  readonly confusion: ConfusionCounts;
}

/** Subsets of the regions by what the reference says. */
export const SUBSETS = ['all', 'normal', 'abnormal'] as const;

/** One of {@link SUBSETS}. */
export type Subset = (typeof SUBSETS)[number];

/** How well regions were selected and called abnormal. */
export interface SelectionEvaluation {
  /** Against having a phrase. In `abnormal` every region has one, so precision is 1 by construction. */
  readonly selection: Readonly<Record<Subset, DecisionScores>>;
  /** Over detected regions. */
  readonly abnormality: DecisionScores;
  readonly numFilms: number;
  readonly numRegions: number;
}

type Counts = [tp: number, fp: number, fn: number, tn: number];

function countsOf(answers: readonly (readonly [predicted: boolean, actual: boolean])[]): Counts {
  const counts: Counts = [0, 0, 0, 0];
  for (const [predicted, actual] of answers) counts[actual ? (predicted ? 0 : 2) : predicted ? 1 : 3] += 1;
  return counts;
}

const confusionOf = ([tp, fp, fn, tn]: Iterable<number>): ConfusionCounts => ({
  truePositives: tp!,
  falsePositives: fp!,
  falseNegatives: fn!,
  trueNegatives: tn!,
});

function sumsOf({ regions }: JudgedFilm): Record<string, Counts> {
  const selection = (kept: readonly JudgedRegion[]) =>
    countsOf(kept.map(({ isSelected, hasPhrase }) => [isSelected, hasPhrase]));
  const detected = regions.filter(({ isDetected }) => isDetected);
  return {
    all: selection(regions),
    normal: selection(regions.filter(({ isAbnormal }) => !isAbnormal)),
    abnormal: selection(regions.filter(({ isAbnormal }) => isAbnormal)),
    abnormality: countsOf(
      detected.map(({ isPredictedAbnormal, isAbnormal }) => [isPredictedAbnormal, isAbnormal]),
    ),
  };
}

/**
 * Precision, recall and F1 of selected regions in three subsets, and of regions called abnormal; pooled over the set, with intervals from
 * samples of patients. What the regions leave undefined has no entry; RGRG writes 0.
 *
 * Source: docs/reference/region-selector.md.
 * @throws `MetricsError` for no films
 */
export function evaluateSelection(
  films: readonly JudgedFilm[],
  options: EvaluationOptions = {},
): SelectionEvaluation {
  const items = films.map((film) => ({ patient: film.patient, sums: sumsOf(film) }));
  const names = [...SUBSETS, 'abnormality'] as const;
  const intervals: Intervals<string> = computeSummedIntervals(
    items,
    (sumOf) =>
      Object.fromEntries(
        names.flatMap((name) => {
          const { precision, recall, f1 } = scoreConfusion(confusionOf(sumOf(name)));
          return Object.entries({ precision, recall, f1 }).map(([score, value]) => [
            `${name}/${score}`,
            value,
          ]);
        }),
      ),
    options,
  );
  const ofName = (name: (typeof names)[number]): DecisionScores => ({
    scores: Object.fromEntries(
      ['precision', 'recall', 'f1'].flatMap((score) => {
        const interval = intervals[`${name}/${score}`];
        return interval ? [[score, interval]] : [];
      }),
    ),
    confusion: confusionOf(
      items
        .map(({ sums }) => sums[name]!)
        .reduce((sum, counts) => sum.map((count, at) => count + counts[at]!) as Counts),
    ),
  });
  return {
    selection: { all: ofName('all'), normal: ofName('normal'), abnormal: ofName('abnormal') },
    abnormality: ofName('abnormality'),
    numFilms: films.length,
    numRegions: films.reduce((sum, { regions }) => sum + regions.length, 0),
  };
}
