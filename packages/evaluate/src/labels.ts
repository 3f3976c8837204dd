import { computeAuroc } from '@crrg/metrics';
import {
  computeIntervals,
  meanOf,
  type EvaluationOptions,
  type Intervals,
  type PatientItem,
} from './intervals.js';

/** What a classifier says of one label of a film, beside the truth. */
export interface LabelAnswer extends PatientItem {
  /** In [0, 1]. */
  readonly probability: number;
  /** At the classifier's threshold. */
  readonly positive: boolean;
  /** Whether the film shows it. */
  readonly isPresent: boolean;
}

/** Scores of one label; those that the films leave undefined have no entry. */
export interface LabelEvaluation {
  /** `brier`: mean squared error of the probabilities. */
  readonly scores: Intervals<'auroc' | 'accuracy' | 'sensitivity' | 'specificity' | 'brier'>;
  readonly numFilms: number;
  readonly numPositive: number;
}

/** Area under the ROC curve; undefined without both kinds. */
function aurocOf(answers: readonly LabelAnswer[]): number | undefined {
  const present = answers.map(({ isPresent }) => isPresent);
  if (!present.includes(true) || !present.includes(false)) return undefined;
  return computeAuroc(
    present,
    answers.map(({ probability }) => probability),
  );
}

/**
 * What the probabilities and verdicts of one label are worth.
 *
 * @example
 * ```ts
 * const { scores } = evaluateLabel(films.map(({ patient, isSick }, index) => ({ ...answers[index], patient, isPresent: isSick })));
 * console.log(scores.auroc?.estimate, scores.auroc?.low);
 * ```
 * @throws `MetricsError` for no films
 */
export function evaluateLabel(
  answers: readonly LabelAnswer[],
  options: EvaluationOptions = {},
): LabelEvaluation {
  const rightShare = (sample: readonly LabelAnswer[]) =>
    meanOf(sample.map(({ positive, isPresent }) => Number(positive === isPresent)));
  return {
    scores: computeIntervals(
      answers,
      {
        auroc: aurocOf,
        accuracy: rightShare,
        sensitivity: (sample) => rightShare(sample.filter(({ isPresent }) => isPresent)),
        specificity: (sample) => rightShare(sample.filter(({ isPresent }) => !isPresent)),
        brier: (sample) =>
          meanOf(sample.map(({ probability, isPresent }) => (probability - Number(isPresent)) ** 2)),
      },
      options,
    ),
    numFilms: answers.length,
    numPositive: answers.filter(({ isPresent }) => isPresent).length,
  };
}
