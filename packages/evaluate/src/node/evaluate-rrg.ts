import path from 'node:path';
import { INTENDED_USE, sigmoid } from '@crrg/core';
import type { RegionStudy } from '@crrg/datasets/node';
import {
  createReportPipeline,
  loadClassifierModel,
  loadModel,
  loadRadiograph,
  type ModelReference,
  type ModelSource,
  type Radiograph,
  type RclipModel,
  type Report,
  type ReportModel,
} from '@crrg/pipeline';
import type { SentenceSimilarity } from '@crrg/report-gen';
import type { Backend } from '@crrg/tensor';
import type { RrgEvaluation } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';
import { evaluateRrgFilms, type RrgSections } from '../rrg/evaluate-rrg-films.js';
import { RRG_FILM_SCHEMA, type LeakyRegion, type RrgFilm, type RrgFilmRegion } from '../rrg/film.js';
import { rrgNotes } from '../rrg/notes.js';
import { readChexbertLabels, writeChexbertInput } from './chexbert.js';
import type { FailedFilm } from './each-film.js';
import { readFilmLabels, type FilmLabels } from './film-labels.js';
import { intervalSettings, writeResults } from './write-results.js';
import { runsOf } from './write-results-page.js';
import { openLeakyDetector, type LeakyDetector } from './leaky-detector.js';
import { meteorOptions } from './paraphrases.js';
import { formatPredictions, rrgPredictionLines } from './predictions.js';
import { runFilms, type FilmEngineOptions } from './run-films.js';
import { readChosenStudies, sha256OfFile, type StudyChoice } from './region-studies.js';

/** How {@link evaluateRrg} measures. */
export interface EvaluateRrgOptions extends StudyChoice, EvaluationOptions, FilmEngineOptions {
  /** Gets `evaluation.json`, `films.jsonl`, `predictions.csv`, `chexbert-input.csv` and `index.html`; a stopped run goes on there. */
  readonly out: string;
  /** @defaultValue 'tiny' */
  readonly model?: ModelSource | ReportModel | undefined;
  /** Adds a classifier beside the reports. @defaultValue none */
  readonly classifier?: ModelSource | RclipModel | undefined;
  /** 1 is greedy search. @defaultValue 4 */
  readonly numBeams?: number | undefined;
  /** Longest sentence in tokens. @defaultValue 300, or the positions of the model where fewer */
  readonly maxLength?: number | undefined;
  /** Finds near-duplicate sentences. @defaultValue none: only equal sentences are merged */
  readonly similarity?: SentenceSimilarity | undefined;
  /** Leaves out films about which there is any doubt; they count as failed. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** Adds figures as RGRG measures itself, under their own name. @defaultValue false */
  readonly withReferenceLeak?: boolean | undefined;
  /** A CSV or JSONL file of findings by id of the study. @defaultValue none */
  readonly labels?: string | undefined;
  /** A CSV file with CheXbert's labels of the texts in `chexbert-input.csv`. @defaultValue none */
  readonly chexbert?: string | undefined;
  /** METEOR's own table, `paraphrase-en.gz`. @defaultValue none: exact, stem and synonym */
  readonly meteorParaphrases?: string | undefined;
}

/** What an evaluation gave, and which films it had to leave out. */
export interface RrgEvaluationResult {
  readonly evaluation: RrgEvaluation;
  readonly films: readonly RrgFilm[];
  readonly failed: readonly FailedFilm[];
}

const referenceOf = ({ name, version, sha256 }: ModelReference): ModelReference => ({
  name,
  version,
  sha256,
});

interface ReadFilm {
  readonly study: RegionStudy;
  readonly radiograph: Radiograph;
  readonly report: Report;
  readonly leak: readonly LeakyRegion[] | undefined;
}

/** A line of the log: what the report says, beside what the study says. */
function toFilm(
  { study, radiograph, report, leak }: ReadFilm,
  { thresholdLogit }: { readonly thresholdLogit: number },
  labels: FilmLabels | undefined,
): RrgFilm {
  const sentences = new Map(report.findings.map(({ region, sentence }) => [region, sentence]));
  const references = new Map(study.regions.map(({ region, ...reference }) => [region, reference]));
  const threshold = sigmoid(thresholdLogit);
  const regions = report.regions.map((region, index): RrgFilmRegion => {
    const [sentence, reference] = [sentences.get(region.name), references.get(region.name)];
    return {
      ...region,
      isAbnormal: region.status !== 'not-detected' && region.abnormalityScore > threshold,
      ...(sentence !== undefined && { sentence }),
      ...(reference && { reference }),
      ...(leak && { withReferenceLeak: leak[index]! }),
    };
  });
  const findings = labels?.get(study.id);
  const { width, height } = radiograph.image;
  const { id, image, patient, view } = study;
  return {
    schema: RRG_FILM_SCHEMA,
    ...{ id, image, patient, view, width, height, regions },
    text: report.text,
    report: study.report,
    ...(findings && { findings }),
    ...(report.classification && {
      classification: report.classification.map(({ label, probability, positive }) => ({
        label,
        probability,
        positive,
      })),
    }),
    doubts: report.doubts.map(({ code }) => code),
  };
}

/** The settings that what is said of a film depends on, and how sentences are searched. */
function settingsOf(
  options: EvaluateRrgOptions,
  { model, classifier }: { readonly model: ReportModel; readonly classifier: RclipModel | undefined },
) {
  const { numBeams = 4, maxLength = 300, similarity } = options;
  const search = {
    numBeams,
    maxLength: Math.min(maxLength, model.config.reportGen.numPositions),
    similarity: similarity?.name ?? 'exact',
  };
  return { model: referenceOf(model), classifier: classifier ? referenceOf(classifier) : null, search };
}

async function openModels(file: string, options: EvaluateRrgOptions) {
  const loading = { signal: options.signal, onProgress: options.onProgress };
  const studies = await readChosenStudies(file, options);
  const labels = options.labels === undefined ? undefined : await readFilmLabels(options.labels);
  const model = await loadModel(options.model, loading);
  const classifier =
    options.classifier === undefined ? undefined : await loadClassifierModel(options.classifier, loading);
  return { studies, labels, model, classifier };
}

/**
 * Measures a report model on region studies, film by film, without letting it see what is annotated. Films that are done stay in
 * `films.jsonl`, so that a stopped run goes on; a film that fails is counted, and tried again by the next run.
 *
 * @param file of region studies (JSON lines), see `RegionStudy` of `@crrg/datasets`
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateRrg('studies.jsonl', { model: 'runs/rrg/model', out: 'results/rrg' });
 * console.log(evaluation.detection?.scores.meanIou, evaluation.reports?.written?.scores.bleu4);
 * ```
 * @throws {DataError} for studies or labels that cannot be read, or a split without studies
 * @throws {ConfigError} for wrong options, or a folder of another evaluation
 * @throws {CheckpointError | BackendError | OutputError}; `signal.reason` on abort
 */
export async function evaluateRrg(file: string, options: EvaluateRrgOptions): Promise<RrgEvaluationResult> {
  const { out, split = 'test', firstRows = null } = options;
  const { studies, labels, model, classifier } = await openModels(file, options);
  const settings = settingsOf(options, { model, classifier });
  const sha256 = await sha256OfFile(file);
  const { films, failed } = await runFilms(
    {
      out,
      schema: RRG_FILM_SCHEMA,
      settings: {
        command: 'rrg',
        studies: sha256,
        labels: options.labels === undefined ? null : await sha256OfFile(options.labels),
        ...settings,
        withReferenceLeak: options.withReferenceLeak ?? false,
        strict: options.strict ?? false,
      },
      studies,
      openReader: (backend) => openReader(backend, { model, classifier, options, file, labels }),
    },
    options,
  );
  const sections = await scoreFilms(films, options);
  const evaluation: RrgEvaluation = {
    schema: 'crrg/evaluation/rrg/1',
    ...settings,
    studies: {
      file: path.basename(file),
      ...{ sha256, split, firstRows },
      numStudies: studies.length,
      numFailed: failed.length,
    },
    intervals: intervalSettings(options),
    ...sections,
    notes: rrgNotes(sections),
    intendedUse: INTENDED_USE,
  };
  await writeResults(out, evaluation, {
    predictions: formatPredictions(films, rrgPredictionLines),
    page: {
      name: model.name,
      images: path.dirname(file),
      runs: runsOf(options.model),
      title: `${model.name} on ${path.basename(file)}`,
    },
    signal: options.signal,
  });
  return { evaluation, films, failed };
}

/** Scores films, with the labels of CheXbert where there are any; the texts for it are written in any case. */
async function scoreFilms(films: readonly RrgFilm[], options: EvaluateRrgOptions): Promise<RrgSections> {
  const { out, numResamples, level, seed, signal, onProgress } = options;
  onProgress?.({ type: 'scoring-start' });
  await writeChexbertInput(out, films);
  const chexbert =
    options.chexbert === undefined ? undefined : await readChexbertLabels(options.chexbert, films);
  const meteor = await meteorOptions(options.meteorParaphrases, { signal });
  return evaluateRrgFilms(films, { numResamples, level, seed, signal, meteor, chexbert });
}

interface ReaderContext {
  readonly model: ReportModel;
  readonly classifier: RclipModel | undefined;
  readonly options: EvaluateRrgOptions;
  readonly file: string;
  readonly labels: FilmLabels | undefined;
}

/** Makes a report of each study's film, and where it is asked for the figures of RGRG's own way. */
async function openReader(backend: Backend, { model, classifier, options, file, labels }: ReaderContext) {
  const { numBeams, maxLength, similarity, strict, signal, onProgress, onWarning } = options;
  const pipeline = await createReportPipeline({
    model,
    classifier,
    backend,
    maxBeams: numBeams,
    signal,
    onWarning,
  });
  let leaky: LeakyDetector | undefined;
  try {
    leaky = options.withReferenceLeak ? await openLeakyDetector(model, backend, { signal }) : undefined;
  } catch (error) {
    pipeline.dispose();
    throw error;
  }
  return {
    async read(study: RegionStudy) {
      const radiograph = await loadRadiograph(path.resolve(path.dirname(file), study.image), { signal });
      const report = await pipeline.generateReport(radiograph, {
        ...{ numBeams, maxLength, similarity, strict, signal, onProgress },
        classify: classifier !== undefined,
      });
      const leak = await leaky?.detect(radiograph.image, study);
      const film = toFilm({ study, radiograph, report, leak }, model.config.regionSelector, labels);
      return { film, doubts: report.doubts };
    },
    dispose() {
      leaky?.dispose();
      pipeline.dispose();
    },
  };
}
