import { computeAuroc } from '@crrg/metrics';
import type { PneumoniaFilm } from './pneumonia-films.js';

/** What answers without a look at the film reach on held-out films. */
export interface Baselines {
  readonly films: number;
  readonly patients: number;
  /** Share of films with pneumonia. */
  readonly prevalence: number;
  /** Accuracy of always giving the commoner answer of the training films. */
  readonly majorityAccuracy: number;
  /** AUROC of the training films' prevalence in the same view; 0.5 where all films have one view. Undefined without both answers. */
  readonly viewAuc: number | undefined;
}

/** Baselines that are learned from `train` and measured on `test`. */
export function measureBaselines(train: readonly PneumoniaFilm[], test: readonly PneumoniaFilm[]): Baselines {
  const answer = prevalenceOf(train) > 0.5;
  const byView = new Map<unknown, number>();
  for (const view of ['PA', 'AP'] as const)
    byView.set(view, prevalenceOf(train.filter((film) => film.view === view)));
  const prevalence = prevalenceOf(test);
  const byViewAlone = () =>
    computeAuroc(
      test.map(({ isPneumonia }) => isPneumonia),
      test.map(({ view }) => byView.get(view) ?? 0),
    );
  return {
    films: test.length,
    patients: new Set(test.map(({ patient }) => patient)).size,
    prevalence,
    majorityAccuracy: shareOf(test, ({ isPneumonia }) => isPneumonia === answer),
    viewAuc: prevalence > 0 && prevalence < 1 ? byViewAlone() : undefined,
  };
}

function prevalenceOf(films: readonly PneumoniaFilm[]): number {
  return shareOf(films, ({ isPneumonia }) => isPneumonia);
}

function shareOf(films: readonly PneumoniaFilm[], test: (film: PneumoniaFilm) => boolean): number {
  return films.length === 0 ? 0 : films.filter(test).length / films.length;
}
