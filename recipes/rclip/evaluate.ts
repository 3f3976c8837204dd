import { evaluateLabel, type LabelEvaluation } from '@crrg/evaluate';
import { computeCalibration, type CalibrationSeries } from '@crrg/metrics';
import { createRadiographClassifier, type RclipModel } from '@crrg/pipeline';
import { measureBaselines, type Baselines } from './baselines.js';
import { readPneumoniaFilms, type PneumoniaFilm } from './pneumonia-films.js';

/** A film with the classifier's answer. */
export interface AnsweredFilm {
  readonly film: PneumoniaFilm;
  readonly probability: number;
  readonly positive: boolean;
}

/** What the probabilities of one group of films are worth. Intervals: 95 % bootstrap over patients. */
export interface GroupFigures {
  readonly name: string;
  readonly scores: LabelEvaluation['scores'];
  readonly baselines: Baselines;
}

/** Everything measured on held-out films. */
export interface RclipEvaluation {
  readonly groups: readonly GroupFigures[];
  /** Of each set. */
  readonly calibration: readonly CalibrationSeries[];
}

/** What a classifier says of films, through the public pipeline. */
export async function answerFilms(
  model: RclipModel,
  films: readonly PneumoniaFilm[],
): Promise<AnsweredFilm[]> {
  const classifier = await createRadiographClassifier({ classifier: model });
  const answers: AnsweredFilm[] = [];
  for (const film of films) {
    const { classification } = await classifier.classify(film.file);
    const { probability, positive } = classification.find(({ label }) => label === 'Pneumonia')!;
    answers.push({ film, probability, positive });
  }
  classifier.dispose();
  return answers;
}

function measureGroup(
  name: string,
  answers: readonly AnsweredFilm[],
  train: readonly PneumoniaFilm[],
): GroupFigures {
  const films = answers.map(({ film }) => film);
  const { scores } = evaluateLabel(
    answers.map(({ film, probability, positive }) => ({
      probability,
      positive,
      isPresent: film.isPneumonia,
      patient: `${film.set}/${film.patient}`,
    })),
    { seed: 2026 },
  );
  return { name, scores, baselines: measureBaselines(train, films) };
}

function calibrationOf(name: string, answers: readonly AnsweredFilm[]): CalibrationSeries {
  const calibration = computeCalibration(
    answers.map(({ film }) => film.isPneumonia),
    answers.map(({ probability }) => probability),
  );
  return { name: `${name} (ECE ${calibration.expectedError.toFixed(3)})`, calibration };
}

/**
 * Measures a classifier on the held-out patients, through the public pipeline: paediatric films, adult films with pneumonia against
 * those without any finding, and the latter within each view, since the view alone tells something.
 */
export async function evaluateRclip(model: RclipModel, dataFolder: string): Promise<RclipEvaluation> {
  const films = await readPneumoniaFilms(dataFolder);
  const train = films.filter(({ split }) => split === 'train');
  const isClear = ({ isPneumonia, labels }: PneumoniaFilm) => isPneumonia || labels.includes('No Finding');
  const tested = films.filter((film) => film.split === 'test' && (film.set === 'kermany' || isClear(film)));
  const answers = await answerFilms(model, tested);
  const group = (name: string, keep: (film: PneumoniaFilm) => boolean) =>
    measureGroup(
      name,
      answers.filter(({ film }) => keep(film)),
      train.filter((film) => keep(film)),
    );
  return {
    groups: [
      group('Kermany, held-out children', ({ set }) => set === 'kermany'),
      group('NIH, Pneumonia against No Finding', (film) => film.set === 'nih' && isClear(film)),
      group('NIH, PA films only', (film) => film.set === 'nih' && isClear(film) && film.view === 'PA'),
      group('NIH, AP films only', (film) => film.set === 'nih' && isClear(film) && film.view === 'AP'),
    ],
    calibration: [
      calibrationOf(
        'Kermany',
        answers.filter(({ film }) => film.set === 'kermany'),
      ),
      calibrationOf(
        'NIH',
        answers.filter(({ film }) => film.set === 'nih'),
      ),
    ],
  };
}
