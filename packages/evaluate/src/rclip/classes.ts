import { computeConfusionMatrix, scoreConfusion } from '@crrg/metrics';
import { computeIntervals, meanOf, type EvaluationOptions } from '../intervals.js';
import { toScores, type Scores } from '../score.js';
import { patientOfStudy, type RclipFilm } from './film.js';

/** Zero-shot classification among classes that exclude each other, such as those of CheXpert 5x200. */
export interface ClassSection {
  readonly classes: readonly string[];
  /** Films that show exactly one of the classes. */
  readonly numFilms: number;
  /** `macroF1`: mean over the classes, 0 for one that is neither shown nor called. */
  readonly scores: Scores<'accuracy' | 'macroF1'>;
  /** Films by true class (row) and the class they are called (column). */
  readonly confusion: readonly (readonly number[])[];
}

interface ClassedFilm {
  readonly patient: string;
  readonly is: number;
  readonly called: number;
}

function classedFilm(film: RclipFilm, classes: readonly string[]): ClassedFilm[] {
  const shown = classes.filter((name) => film.labels[name] === 1);
  if (shown.length !== 1 || !film.classes) return [];
  const similarities = classes.map((name) => film.classes![name]!);
  const called = similarities.indexOf(Math.max(...similarities));
  return [{ patient: patientOfStudy(film), is: classes.indexOf(shown[0]!), called }];
}

function confusionOf(films: readonly ClassedFilm[], numClasses: number): number[][] {
  return computeConfusionMatrix(
    films.map(({ is }) => is),
    films.map(({ called }) => called),
    numClasses,
  );
}

function macroF1(confusion: readonly (readonly number[])[]): number | undefined {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return meanOf(
    confusion.map((row, at) => {
      const truePositives = row[at]!;
      const falseNegatives = sum(row) - truePositives;
      const falsePositives = sum(confusion.map((each) => each[at]!)) - truePositives;
      return scoreConfusion({ truePositives, falseNegatives, falsePositives, trueNegatives: 0 }).f1 ?? 0;
    }),
  );
}

/**
 * The class whose prompts a film is nearest to on average, against the one that it shows; undefined where no film shows exactly one.
 *
 * Source: docs/reference/rclip.md#zero-shot-classification-and-retrieval.
 */
export function evaluateClasses(
  films: readonly RclipFilm[],
  options: EvaluationOptions = {},
): ClassSection | undefined {
  const classes = Object.keys(films.find((film) => film.classes)?.classes ?? {});
  const classed = films.flatMap((film) => classedFilm(film, classes));
  if (classed.length === 0) return undefined;
  const intervals = computeIntervals(
    classed,
    {
      accuracy: (sample) => meanOf(sample.map(({ is, called }) => Number(is === called))),
      macroF1: (sample) => macroF1(confusionOf(sample, classes.length)),
    },
    options,
  );
  return {
    classes,
    numFilms: classed.length,
    scores: toScores(intervals),
    confusion: confusionOf(classed, classes.length),
  };
}
