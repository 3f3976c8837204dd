import path from 'node:path';
import { boxIou, type Box } from '@crrg/core';
import {
  ALL_FILMS,
  computeIntervals,
  meanOf,
  type FilmLabelSection,
  type RrgFilm,
  type Score,
} from '@crrg/evaluate';
import { evaluateRrg } from '@crrg/evaluate/node';
import { decodeImage } from '@crrg/image/node';
import type { ReportModel } from '@crrg/pipeline';
import { idOf, writeHeldOut } from './held-out.js';
import { matchedAuc, type MatchedFilm } from './matched-auc.js';
import { readLungBoxes, readNih, type LungFilm, type NihFilm, type Split } from './open-data.js';

/** A figure beside the answer that needs no learning. */
export interface Measured {
  readonly name: string;
  readonly model: Score;
  /** Films, or boxes. */
  readonly count: number;
  readonly baseline: { readonly name: string; readonly value: number } | undefined;
}

/** Everything that the model card says of held-out data. */
export interface Evaluation {
  readonly measured: readonly Measured[];
  readonly films: { readonly nih: number; readonly patients: number; readonly lungBoxes: number };
  readonly text: FilmLabelSection;
  readonly texts: {
    readonly distinct: number;
    readonly mostCommonShare: number;
    readonly meanFindings: number;
  };
}

/** What the model said of a film of NIH's, and how bright the film is. */
interface FilmResult extends MatchedFilm {
  readonly film: RrgFilm;
  readonly patient: string;
}

const mean = (values: readonly number[]) => meanOf(values) ?? NaN;

const SIDES = ['right', 'left'] as const;

type Sized = LungFilm & { readonly width: number; readonly height: number };

const sized = (films: readonly LungFilm[]): Promise<Sized[]> =>
  Promise.all(
    films.map(async (film) => {
      const { width, height } = await decodeImage(film.file);
      return { ...film, width, height };
    }),
  );

/** Mean of boxes as fractions of the film: the answer that looks at no film. */
function constantLungs(films: readonly Sized[]): Record<(typeof SIDES)[number], Box> {
  const average = (side: (typeof SIDES)[number]): Box => ({
    x1: mean(films.map(({ lungs, width }) => lungs[side].x1 / width)),
    y1: mean(films.map(({ lungs, height }) => lungs[side].y1 / height)),
    x2: mean(films.map(({ lungs, width }) => lungs[side].x2 / width)),
    y2: mean(films.map(({ lungs, height }) => lungs[side].y2 / height)),
  });
  return { right: average('right'), left: average('left') };
}

/** Mean IoU of the two lungs where they are always put at the same place. */
async function constantIou(dataFolder: string): Promise<number> {
  const films = await readLungBoxes(dataFolder);
  const constant = constantLungs(await sized(films.filter(({ split }) => split !== 'test')));
  const ious = (await sized(films.filter(({ split }) => split === 'test'))).flatMap(
    ({ lungs, width, height }) =>
      SIDES.map((side) => {
        const { x1, y1, x2, y2 } = constant[side];
        return boxIou({ x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height }, lungs[side]);
      }),
  );
  return mean(ious);
}

/** The films of NIH's with what is compared: the largest abnormality score, and how bright they are. */
async function resultsOf(held: readonly NihFilm[], films: readonly RrgFilm[]): Promise<FilmResult[]> {
  const byId = new Map(films.map((film) => [film.id, film]));
  const results: FilmResult[] = [];
  for (const { file, patient, view, labels } of held) {
    const film = byId.get(idOf('nih', file))!;
    results.push({
      ...{ film, patient, view },
      brightness: mean(Array.from((await decodeImage(file)).data)),
      score: Math.max(...film.regions.map(({ abnormalityScore }) => abnormalityScore)),
      isPositive: !labels.includes('No Finding'),
    });
  }
  return results;
}

type Baseline = { readonly name: string; readonly score: (film: FilmResult) => number };

const BY_VIEW: Baseline = { name: 'the view alone', score: ({ view }) => (view === 'PA' ? 1 : 0) };
const BY_DARKNESS: Baseline = { name: 'darkness of the film alone', score: ({ brightness }) => -brightness };

const aucOf = (films: readonly FilmResult[], { score }: Baseline, onlyEquallyBright = false) =>
  matchedAuc(
    films.map((film) => ({ ...film, score: score(film) })),
    { onlyEquallyBright },
  ) ?? NaN;

/** The AUC of a group of films as the evaluation has it, beside an answer that does not look. */
function groupAuc(
  name: string,
  { groups }: FilmLabelSection,
  group: string,
  films: readonly FilmResult[],
  baseline: Baseline,
): Measured {
  const { scores, numFilms } = groups.find((each) => each.name === group)!.largestAbnormality!;
  return {
    name,
    model: scores.auroc!,
    count: numFilms,
    baseline: { name: baseline.name, value: aucOf(films, baseline) },
  };
}

/** The AUC between films that could not be told apart by how bright they are. */
function brightnessMatchedAuc(films: readonly FilmResult[]): Measured {
  const { auc } = computeIntervals(films, {
    auc: (sample) => matchedAuc(sample, { onlyEquallyBright: true }),
  });
  const { estimate, low, high } = auc!;
  return {
    name: 'AUC between equally bright films of one view',
    model: { estimate, low, high },
    count: films.length,
    baseline: { name: BY_DARKNESS.name, value: aucOf(films, BY_DARKNESS, true) },
  };
}

function textStatistics(films: readonly FilmResult[]): Evaluation['texts'] {
  const counts = new Map<string, number>();
  for (const { film } of films) counts.set(film.text, (counts.get(film.text) ?? 0) + 1);
  const described = films.map(
    ({ film }) => film.regions.filter(({ status }) => status === 'described').length,
  );
  return {
    distinct: counts.size,
    mostCommonShare: Math.max(...counts.values()) / films.length,
    meanFindings: mean(described),
  };
}

/**
 * Measures a model with `crrg evaluate rrg` on patients and films that training never saw, and beside it answers that need no learning.
 * @param workFolder gets the held-out films as studies, and the evaluation
 */
export async function evaluateTiny(
  model: ReportModel,
  dataFolder: string,
  workFolder: string,
  split: Split = 'test',
): Promise<Evaluation> {
  const { studies, labels } = await writeHeldOut(dataFolder, workFolder, split);
  const out = path.join(workFolder, 'evaluation');
  const { evaluation, films: all } = await evaluateRrg(studies, { model, classifier: 'tiny', labels, out });
  const { detection, films: text } = evaluation;
  const held = (await readNih(dataFolder)).filter((film) => film.split === split);
  const films = await resultsOf(held, all);
  const inView = (view: string) => films.filter((film) => film.view === view);
  return {
    measured: [
      {
        name: 'mean IoU of the two lungs',
        model: detection!.scores.meanIou!,
        count: detection!.numBoxes,
        baseline: { name: 'constant boxes', value: await constantIou(dataFolder) },
      },
      groupAuc('AUC of the largest abnormality score, all films', text!, ALL_FILMS, films, BY_VIEW),
      groupAuc('AUC, all films, against darkness', text!, ALL_FILMS, films, BY_DARKNESS),
      groupAuc('AUC, PA films', text!, 'PA films', inView('PA'), BY_DARKNESS),
      groupAuc('AUC, AP films', text!, 'AP films', inView('AP'), BY_DARKNESS),
      brightnessMatchedAuc(films),
    ],
    films: {
      nih: films.length,
      patients: new Set(held.map(({ patient }) => patient)).size,
      lungBoxes: detection!.numFilms,
    },
    text: text!,
    texts: textStatistics(films),
  };
}
