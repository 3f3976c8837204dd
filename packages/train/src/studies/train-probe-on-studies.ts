import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, type AbortOptions } from '@crrg/core';
import { openTrainingLog, writeLossCurves } from '@crrg/train-loop/node';
import { fitStudyProbe } from './fit-study-probe.js';
import { labelledOnly, probePlanOf, requireProbeBatch, type ProbePlanOptions } from './plan.js';
import {
  checkStudies,
  labelNames,
  readStudies,
  trainingStudies,
  type TrainingStudy,
} from './read-studies.js';
import { readStudyFilms } from './read-study-films.js';
import { openBackend, takeRunFolder, type RunEngineOptions } from './run-resources.js';
import { hashStudies, keepRunSettings } from './run-settings.js';
import { loadStartEncoder, requireStart, type StartOptions } from './start-model.js';
import { writeProbeBundle, type ProbeTrainingResult } from './trained-bundle.js';
import type { StudyTrainingListener } from './training-events.js';

const WHERE = 'train.trainProbeOnStudies';
const SCHEMA = 'crrg/train-probe/1';

/** How {@link trainProbeOnStudies} trains: on which encoder, with what settings, and where it writes. */
export interface ProbeOnStudiesOptions
  extends
    Omit<ProbePlanOptions, 'probeEpochs' | 'probeShare'>,
    Pick<StartOptions, 'start' | 'config'>,
    RunEngineOptions,
    AbortOptions {
  /** A folder for this run alone: gets the losses and the bundle (`model/`). */
  readonly out: string;
  readonly epochs?: number | undefined;
  /** Films a batch. */
  readonly batchSize?: number | undefined;
  /** The highest. */
  readonly learningRate?: number | undefined;
  /** Share of the labelled films of the split train; see `probeShare` of `trainRclipOnStudies`. @defaultValue that of the preset, else 1 */
  readonly share?: number | undefined;
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** What the bundle and its model card call the maker. @defaultValue 'trainProbeOnStudies' */
  readonly source?: string | undefined;
  readonly onProgress?: StudyTrainingListener | undefined;
}

/** The labelled studies. @throws {ConfigError} where there are none */
function requireLabels(studies: readonly TrainingStudy[]): TrainingStudy[] {
  const labelled = labelledOnly(studies);
  if (labelNames(labelled).length > 0) return labelled;
  throw new ConfigError(
    `${WHERE}: expected studies with labels in the splits train and valid, got none; give labels, or pre-train with trainRclipOnStudies.`,
  );
}

async function trainAll(
  studies: readonly TrainingStudy[],
  options: ProbeOnStudiesOptions,
  tell: StudyTrainingListener,
): Promise<ProbeTrainingResult> {
  const { signal, out: folder, share, epochs, ...rest } = options;
  const plan = await probePlanOf({ ...rest, probeShare: share, probeEpochs: epochs }, WHERE);
  requireProbeBatch(studies, plan);
  const { seed } = plan;
  const model = await loadStartEncoder(options, WHERE, { seed, signal, onProgress: tell });
  tell({ type: 'start-model', fresh: model.fresh, seed });
  const films = await readStudyFilms(studies, model.preprocessing.size, options, tell);
  const { probe: settings, probeShare } = plan;
  const labels = JSON.stringify(studies.map((study) => [...study.labels]));
  const hash = hashStudies(
    studies.map((study) => ({ ...study, sections: [labels] })),
    films,
  );
  const run = { ...settings, share: probeShare, seed, model: model.sha256, studies: hash };
  await keepRunSettings(path.join(folder, 'run.json'), run, SCHEMA);
  const { backend, release } = await openBackend(options);
  // A probe always begins anew.
  await rm(path.join(folder, 'losses.jsonl'), { force: true });
  const log = openTrainingLog(folder);
  try {
    const probe = await fitStudyProbe(studies, {
      backend,
      model,
      films,
      plan,
      weights: model.weights,
      signal,
      onFilm: (split, done) => tell({ type: 'film-encoded', split, done }),
      onProgress: (event) => {
        log.listener(event);
        tell({ type: 'training', stage: 'probe', epochs: settings.epochs, event });
      },
    });
    return { plan, model, probe: probe! };
  } finally {
    log.close();
    release();
  }
}

/**
 * Trains and calibrates a linear classifier on a frozen image encoder, on all labelled films or a share of them; writes a bundle. The encoder
 * is that of a contrastive model or of a classifier, one alone (ImageNet's), or drawn from the seed (`start: ['random']`).
 * @param studies a JSONL file as {@link readStudies} takes it, or studies
 *
 * @example
 * ```ts
 * const { probe } = await trainProbeOnStudies('rsna.jsonl', { start: ['runs/rclip/model'], share: 0.1, out: 'runs/probe-10' });
 * console.log(probe.aurocs);
 * ```
 * @throws {InputErrors} that name the line of every study or film that cannot be used
 * @throws {ConfigError} for options that do not fit each other, the studies, or an earlier run in the folder
 * @throws {DataError} where no validation loss was finite
 */
export async function trainProbeOnStudies(
  studies: string | readonly TrainingStudy[],
  options: ProbeOnStudiesOptions,
): Promise<ProbeTrainingResult & { readonly bundle: string }> {
  requireStart(options, WHERE);
  const all = typeof studies === 'string' ? await readStudies(studies) : studies;
  if (typeof studies !== 'string') checkStudies(all, 'studies');
  const training = trainingStudies(all);
  const labelled = requireLabels(training);
  const tell: StudyTrainingListener = options.onProgress ?? (() => undefined);
  const lock = await takeRunFolder(options.out, WHERE);
  try {
    const numTest = all.length - training.length;
    if (numTest > 0) tell({ type: 'test-studies', count: numTest, total: all.length });
    const result = await trainAll(labelled, options, tell);
    await writeLossCurves(options.out, { title: 'probe' });
    const bundle = await writeProbeBundle(options.out, result, options.source ?? 'trainProbeOnStudies');
    return { ...result, bundle };
  } finally {
    await lock.release();
  }
}
