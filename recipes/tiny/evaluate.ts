import { boxIou, type Box } from '@crrg/core';
import {
  computeIntervals,
  evaluateRegions,
  evaluateTexts,
  meanOf,
  type TextEvaluation,
} from '@crrg/evaluate';
import { decodeImage } from '@crrg/image/node';
import type { BootstrapInterval } from '@crrg/metrics';
import { createReportPipeline, type Report, type ReportModel } from '@crrg/pipeline';
import { matchedAuc, type MatchedFilm } from './matched-auc.js';
import { clinicalFindings } from './nih-findings.js';
import { readLungBoxes, readNih, type LungFilm, type NihFilm, type Split } from './open-data.js';

/** A figure beside the answer that needs no learning. */
export interface Measured {
  readonly name: string;
  readonly model: BootstrapInterval;
  /** Films, or boxes. */
  readonly count: number;
  readonly baseline: { readonly name: string; readonly value: number } | undefined;
}

/** Everything that the model card says of held-out data. */
export interface Evaluation {
  readonly measured: readonly Measured[];
  readonly films: { readonly nih: number; readonly patients: number; readonly lungBoxes: number };
  readonly text: TextEvaluation;
  readonly texts: {
    readonly distinct: number;
    readonly mostCommonShare: number;
    readonly meanFindings: number;
  };
  readonly secondsPerFilm: number;
}

interface FilmResult extends MatchedFilm {
  readonly film: NihFilm;
  readonly report: Report;
  readonly patient: string;
}

const mean = (values: readonly number[]) => meanOf(values) ?? NaN;

const SIDES = ['right', 'left'] as const;

function largestAbnormality(report: Report): number {
  return Math.max(...report.regions.map(({ abnormalityScore }) => abnormalityScore));
}

/** Mean of boxes as fractions of the film: the answer that looks at no film. */
function constantLungs(
  films: readonly (LungFilm & { readonly width: number; readonly height: number })[],
): Record<(typeof SIDES)[number], Box> {
  const average = (side: (typeof SIDES)[number]): Box => ({
    x1: mean(films.map(({ lungs, width }) => lungs[side].x1 / width)),
    y1: mean(films.map(({ lungs, height }) => lungs[side].y1 / height)),
    x2: mean(films.map(({ lungs, width }) => lungs[side].x2 / width)),
    y2: mean(films.map(({ lungs, height }) => lungs[side].y2 / height)),
  });
  return { right: average('right'), left: average('left') };
}

async function sized(films: readonly LungFilm[]) {
  return Promise.all(films.map(async (film) => ({ ...film, image: await decodeImage(film.file) }))).then(
    (rows) => rows.map((row) => ({ ...row, width: row.image.width, height: row.image.height })),
  );
}

type Pipeline = Awaited<ReturnType<typeof createReportPipeline>>;

async function measureLungs(
  pipeline: Pipeline,
  dataFolder: string,
): Promise<{ measured: Measured; count: number }> {
  const films = await readLungBoxes(dataFolder);
  const train = await sized(films.filter(({ split }) => split !== 'test'));
  const test = await sized(films.filter(({ split }) => split === 'test'));
  const constant = constantLungs(train);
  const reports: Parameters<typeof evaluateRegions>[0][number][] = [];
  const baseline: number[] = [];
  for (const { image, lungs, width, height } of test) {
    const report = await pipeline.generateReport(image, { numBeams: 1 });
    reports.push({ report, boxes: { 'right lung': lungs.right, 'left lung': lungs.left } });
    for (const side of SIDES) {
      const { x1, y1, x2, y2 } = constant[side];
      baseline.push(
        boxIou({ x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height }, lungs[side]),
      );
    }
  }
  const { scores, numBoxes } = evaluateRegions(reports);
  return {
    measured: {
      name: 'mean IoU of the two lungs',
      model: scores.meanIou!,
      count: numBoxes,
      baseline: { name: 'constant boxes', value: mean(baseline) },
    },
    count: test.length,
  };
}

async function readFilms(pipeline: Pipeline, films: readonly NihFilm[]): Promise<FilmResult[]> {
  const results: FilmResult[] = [];
  for (const film of films) {
    const image = await decodeImage(film.file);
    const report = await pipeline.generateReport(image, { classify: true });
    const brightness = mean(Array.from(image.data));
    results.push({
      film,
      patient: film.patient,
      view: film.view,
      brightness,
      score: largestAbnormality(report),
      isPositive: !film.labels.includes('No Finding'),
      report,
    });
  }
  return results;
}

function measureAuc(
  name: string,
  films: readonly FilmResult[],
  baseline: { name: string; score: (film: FilmResult) => number },
  auc: (films: readonly MatchedFilm[]) => number | undefined = matchedAuc,
): Measured {
  const { model } = computeIntervals(films, { model: auc });
  const guessed = films.map((film) => ({ ...film, score: baseline.score(film) }));
  return {
    name,
    model: model!,
    count: films.length,
    baseline: { name: baseline.name, value: auc(guessed) ?? NaN },
  };
}

const byView = { name: 'the view alone', score: ({ film }: FilmResult) => (film.view === 'PA' ? 1 : 0) };
const byDarkness = { name: 'darkness of the film alone', score: ({ brightness }: FilmResult) => -brightness };

/** Measures a model through the public pipeline on patients and films that training never saw. */
export async function evaluateTiny(
  model: ReportModel,
  dataFolder: string,
  split: Split = 'test',
): Promise<Evaluation> {
  const pipeline = await createReportPipeline({ model, classifier: 'tiny' });
  try {
    const lungs = await measureLungs(pipeline, dataFolder);
    const held = (await readNih(dataFolder)).filter((film) => film.split === split);
    const started = performance.now();
    const films = await readFilms(pipeline, held);
    const seconds = (performance.now() - started) / 1000 / films.length;
    const counts = new Map<string, number>();
    for (const { report } of films) counts.set(report.text, (counts.get(report.text) ?? 0) + 1);
    const inView = (view: string) => films.filter(({ film }) => film.view === view);
    return {
      measured: [
        lungs.measured,
        measureAuc('AUC of the largest abnormality score, all films', films, byView),
        measureAuc('AUC, all films, against darkness', films, byDarkness),
        measureAuc('AUC, PA films', inView('PA'), byDarkness),
        measureAuc('AUC, AP films', inView('AP'), byDarkness),
        measureAuc('AUC between equally bright films of one view', films, byDarkness, (sample) =>
          matchedAuc(sample, { onlyEquallyBright: true }),
        ),
      ],
      films: {
        nih: films.length,
        patients: new Set(held.map(({ patient }) => patient)).size,
        lungBoxes: lungs.count,
      },
      text: evaluateTexts(
        films.map(({ film, patient, report }) => ({
          report,
          patient,
          findings: clinicalFindings(film.labels),
          group: `${film.view} films`,
        })),
      ),
      texts: {
        distinct: counts.size,
        mostCommonShare: Math.max(...counts.values()) / films.length,
        meanFindings: mean(films.map(({ report }) => report.findings.length)),
      },
      secondsPerFilm: seconds,
    };
  } finally {
    pipeline.dispose();
  }
}
