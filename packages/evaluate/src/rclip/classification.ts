import { computeAuroc, computeAveragePrecision, scoreConfusion } from '@crrg/metrics';
import { computeIntervals, type EvaluationOptions, type PatientItem } from '../intervals.js';
import { toScores, type Scores } from '../score.js';

/** What a classifier says of a film, beside the truth. */
export interface ClassifiedFilm extends PatientItem {
  /** In [0, 1]. */
  readonly probability: number;
  /** What the classifier decides. */
  readonly positive: boolean;
  readonly isPresent: boolean;
}

/** Scores of decisions. */
export type DecisionName =
  'accuracy' | 'balancedAccuracy' | 'f1' | 'precision' | 'sensitivity' | 'specificity';

/** Scores of one label of a classifier. */
export interface LabelSection {
  readonly numFilms: number;
  readonly numPositive: number;
  /** Accuracy of always saying what most films are: what a classifier must beat. */
  readonly majorityAccuracy: number;
  readonly scores: Scores<'auroc' | 'averagePrecision' | DecisionName>;
}

function areasOf(films: readonly ClassifiedFilm[]) {
  const present = films.map(({ isPresent }) => isPresent);
  if (!present.includes(true) || !present.includes(false)) return {};
  const scores = films.map(({ probability }) => probability);
  return { auroc: computeAuroc(present, scores), averagePrecision: computeAveragePrecision(present, scores) };
}

function decisionsOf(films: readonly ClassifiedFilm[]): Record<DecisionName, number | undefined> {
  const count = (positive: boolean, isPresent: boolean) =>
    films.filter((film) => film.positive === positive && film.isPresent === isPresent).length;
  const { accuracy, balancedAccuracy, f1, precision, recall, specificity } = scoreConfusion({
    truePositives: count(true, true),
    falsePositives: count(true, false),
    falseNegatives: count(false, true),
    trueNegatives: count(false, false),
  });
  return { accuracy, balancedAccuracy, f1, precision, sensitivity: recall, specificity };
}

/**
 * Areas and decisions of one label, with intervals from samples of patients; what the films leave undefined has no entry.
 * @throws `MetricsError` for no films
 */
export function evaluateClassification(
  films: readonly ClassifiedFilm[],
  options: EvaluationOptions = {},
): LabelSection {
  const cached = new WeakMap<object, Readonly<Record<string, number | undefined>>>();
  const scoresOf = (sample: readonly ClassifiedFilm[]) => {
    const known = cached.get(sample) ?? { ...areasOf(sample), ...decisionsOf(sample) };
    cached.set(sample, known);
    return known;
  };
  const names = [
    'auroc',
    'averagePrecision',
    'accuracy',
    'balancedAccuracy',
    'f1',
    'precision',
    'sensitivity',
    'specificity',
  ] as const;
  const statistics = Object.fromEntries(
    names.map((name) => [name, (sample: readonly ClassifiedFilm[]) => scoresOf(sample)[name]]),
  ) as Record<(typeof names)[number], (sample: readonly ClassifiedFilm[]) => number | undefined>;
  const numPositive = films.filter(({ isPresent }) => isPresent).length;
  return {
    numFilms: films.length,
    numPositive,
    majorityAccuracy: Math.max(numPositive, films.length - numPositive) / films.length,
    scores: toScores(computeIntervals(films, statistics, options)),
  };
}
