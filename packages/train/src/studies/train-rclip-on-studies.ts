import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AbortOptions } from '@crrg/core';
import { writeLossCurves } from '@crrg/train-loop/node';
import { backTranslationName, withBackTranslations } from './back-translated.js';
import type { Films } from './films.js';
import { fitStudyProbe } from './fit-study-probe.js';
import { readReportTexts, writeReportTexts, type ReportTexts } from './generated-reports.js';
import {
  chosenForPretraining,
  inSplit,
  planOf,
  requirePretrainingStudies,
  requireProbeBatch,
  type PlanOptions,
  type TrainingPlan,
} from './plan.js';
import { pretrain } from './pretrain.js';
import { checkStudies, readStudies, trainingStudies, type TrainingStudy } from './read-studies.js';
import { readStudyFilms } from './read-study-films.js';
import { openBackend, takeRunFolder, type RunEngineOptions } from './run-resources.js';
import { hashStudies, keepRunSettings, type RunSettings } from './run-settings.js';
import { loadStartModel, requireStart, type StartModel, type StartOptions } from './start-model.js';
import { withGeneratedTexts, withOriginalTexts, withSections } from './study-texts.js';
import { writeTrainedBundle, type StudyTrainingResult } from './trained-bundle.js';
import type { StudyTrainingListener } from './training-events.js';

const DEFAULT_REPORT_MODEL = 'tiny';

/** How {@link trainRclipOnStudies} trains: where it starts, with what settings, and where it writes. */
export interface RclipOnStudiesOptions extends PlanOptions, StartOptions, RunEngineOptions, AbortOptions {
  /** A folder for this run alone: gets the state, the losses and the bundle (`model/`). */
  readonly out: string;
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** What the bundle and its model card call the maker. @defaultValue 'trainRclipOnStudies' */
  readonly source?: string | undefined;
  readonly onProgress?: StudyTrainingListener | undefined;
}

interface Run {
  readonly options: RclipOnStudiesOptions;
  readonly plan: TrainingPlan;
  readonly tell: StudyTrainingListener;
}

async function settingsOf(
  { options, plan }: Run,
  model: StartModel,
  studies: readonly TrainingStudy[],
  films: Films,
): Promise<RunSettings> {
  const reports =
    options.reports === undefined
      ? { reportModel: options.reportModel ?? DEFAULT_REPORT_MODEL }
      : {
          reports: createHash('sha256')
            .update(await readFile(options.reports))
            .digest('hex'),
        };
  const seen = plan.text === 'original' ? studies : studies.map((study) => ({ ...study, sections: [] }));
  return {
    text: plan.text,
    share: plan.share === 1 ? undefined : plan.share,
    firstRows: plan.firstRows,
    backTranslation: backTranslationName(options),
    ...(plan.text === 'generated' && reports),
    ...plan.pretraining,
    seed: plan.seed,
    model: model.sha256,
    studies: hashStudies(seen, films),
  };
}

/** The reports of all films: of a file, or written now. */
async function generatedTexts(
  { options, tell }: Run,
  studies: readonly TrainingStudy[],
  films: Films,
): Promise<ReportTexts> {
  if (options.reports !== undefined) return readReportTexts(options.reports);
  const { backend, threads, signal, onWarning } = options;
  const images = studies.flatMap((study) => study.images);
  try {
    return await writeReportTexts(path.join(options.out, 'reports.jsonl'), images, {
      model: options.reportModel ?? DEFAULT_REPORT_MODEL,
      films,
      backend,
      threads,
      signal,
      onWarning,
      onReport: (number, total) => tell({ type: 'report-start', number, total }),
      onProgress: tell,
    });
  } finally {
    tell({ type: 'reports-end' });
  }
}

/** The studies that pre-training uses, with the texts it reads; from here on the folder belongs to this run. */
async function studiesWithTexts(
  run: Run,
  studies: readonly TrainingStudy[],
  films: Films,
  model: StartModel,
): Promise<TrainingStudy[]> {
  const original = run.plan.text === 'original' ? withOriginalTexts(studies, model.tokenizer) : undefined;
  const settings = await settingsOf(run, model, original ?? studies, films);
  await keepRunSettings(path.join(run.options.out, 'run.json'), settings);
  const described =
    original ??
    withGeneratedTexts(studies, films, await generatedTexts(run, studies, films), model.tokenizer);
  const { options, tell } = run;
  return withBackTranslations(described, {
    ...options,
    cacheFolder: path.join(options.out, 'back-translations'),
    onProgress: tell,
  });
}

async function trainAll(run: Run, studies: readonly TrainingStudy[]): Promise<StudyTrainingResult> {
  const { options, plan, tell } = run;
  const { signal, out: folder } = options;
  const texts = () => inSplit(studies, 'train').flatMap(({ sections }) => sections);
  const model = await loadStartModel(options, { seed: plan.seed, texts, signal, onProgress: tell });
  tell({ type: 'start-model', fresh: model.fresh, seed: plan.seed });
  const chosen = chosenForPretraining(studies, plan);
  const isChosen = new Set(chosen);
  const used = studies.filter((study) => isChosen.has(study) || study.labels.size > 0);
  const films = await readStudyFilms(used, model.preprocessing.size, options, tell);
  const paired = await studiesWithTexts(run, chosen, films, model);
  requirePretrainingStudies(paired, plan);
  const withoutText = chosen.length - paired.length;
  tell({ type: 'texts-end', text: plan.text, withoutText, total: chosen.length });
  const { backend, release } = await openBackend(options);
  try {
    const shared = { backend, model, films, plan, signal };
    const pretrained = await pretrain(paired, {
      ...shared,
      folder,
      onProgress: (event) =>
        tell({ type: 'training', stage: 'pre-training', epochs: plan.pretraining.epochs, event }),
    });
    const probe = await fitStudyProbe(studies, {
      ...shared,
      weights: pretrained.weights,
      onFilm: (split, done) => tell({ type: 'film-encoded', split, done }),
      onProgress: (event) => tell({ type: 'training', stage: 'probe', epochs: plan.probe.epochs, event }),
    });
    const [train, valid] = [inSplit(paired, 'train').length, inSplit(paired, 'valid').length];
    return { plan, model, pretrained, probe, counts: { train, valid, withoutText } };
  } finally {
    release();
  }
}

/**
 * Pre-trains image and text encoder of a contrastive model on studies and, where there are labels, trains and calibrates a classifier on
 * the frozen features; writes a bundle. A stopped run goes on when it is called again with the same options, and ends with the same weights.
 * @param studies a JSONL file as {@link readStudies} takes it, or studies
 *
 * @example
 * ```ts
 * const { bundle, probe } = await trainRclipOnStudies('studies.jsonl', { model: 'models/cxr-clip', out: 'runs/rclip' });
 * console.log(bundle, probe?.aurocs);
 * ```
 * @throws {InputErrors} that name the line of every study or film that cannot be used
 * @throws {ConfigError} for options that do not fit each other, the studies, or an earlier run in the folder
 * @throws {DataError} where no validation loss was finite
 */
export async function trainRclipOnStudies(
  studies: string | readonly TrainingStudy[],
  options: RclipOnStudiesOptions,
): Promise<StudyTrainingResult & { readonly bundle: string }> {
  requireStart(options);
  const plan = await planOf(options);
  const all = typeof studies === 'string' ? await readStudies(studies) : studies;
  if (typeof studies !== 'string') checkStudies(all, 'studies');
  const read = trainingStudies(all);
  const chosen = chosenForPretraining(read, plan);
  requirePretrainingStudies(plan.text === 'original' ? withSections(chosen) : chosen, plan);
  requireProbeBatch(read, plan);
  const lock = await takeRunFolder(options.out, 'train.trainRclipOnStudies');
  try {
    const run = { options, plan, tell: options.onProgress ?? (() => undefined) };
    const numTest = all.length - read.length;
    if (numTest > 0) run.tell({ type: 'test-studies', count: numTest, total: all.length });
    const result = await trainAll(run, read);
    await writeLossCurves(options.out, { title: 'pre-training' });
    const bundle = await writeTrainedBundle(options.out, result, options.source ?? 'trainRclipOnStudies');
    return { ...result, bundle };
  } finally {
    await lock.release();
  }
}
