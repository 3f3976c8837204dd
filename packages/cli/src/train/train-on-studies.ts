import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { INTENDED_USE } from '@crrg/core';
import { takeLock, type HeldLock } from '@crrg/core/node';
import type { RuntimeOptions } from '../commands/engine-options.js';
import { openBackend } from '../commands/open-models.js';
import { createDoubtLog } from '../doubt-log.js';
import { printError, UsageError } from '../errors.js';
import { createProgressLine, type ProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CliIo } from '../io.js';
import { formatTextTable } from '../score/table.js';
import { readFilms, type Films } from './films.js';
import { fitStudyProbe } from './fit-study-probe.js';
import { readReportTexts, writeReportTexts, type ReportTexts } from './generated-reports.js';
import {
  inSplit,
  planOf,
  requirePretrainingStudies,
  requireProbeBatch,
  type PlanOptions,
  type TrainingPlan,
} from './plan.js';
import { pretrain } from './pretrain.js';
import { hashStudies, keepRunSettings, type RunSettings } from './run-settings.js';
import { loadStartModel, requireStart, type StartModel, type StartOptions } from './start-model.js';
import { readStudies, type TrainingStudy } from './studies.js';
import { withGeneratedTexts, withOriginalTexts, withSections } from './study-texts.js';
import { resultRows, textName, writeTrainedBundle, type TrainingResult } from './trained-bundle.js';

const DEFAULT_REPORT_MODEL = 'tiny';

/** The command line of `crrg train rclip`. */
export interface TrainRclipOptions extends RuntimeOptions, PlanOptions, StartOptions {
  readonly out: string;
}

interface Run {
  readonly options: TrainRclipOptions;
  readonly plan: TrainingPlan;
  readonly io: CliIo;
  readonly progress: ProgressLine;
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
    ...(plan.text === 'generated' && reports),
    ...plan.pretraining,
    seed: plan.seed,
    model: model.sha256,
    studies: hashStudies(seen, films),
  };
}

/** The reports of all films: of a file, or written now. */
async function generatedTexts(
  { options, io, progress }: Run,
  studies: readonly TrainingStudy[],
  films: Films,
): Promise<ReportTexts> {
  if (options.reports !== undefined) return readReportTexts(options.reports);
  const pictures = studies.flatMap(({ images }) => images);
  return writeReportTexts(path.join(options.out, 'reports.jsonl'), pictures, {
    runtime: options,
    model: options.reportModel ?? DEFAULT_REPORT_MODEL,
    films,
    io,
    progress,
  });
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
  if (original) return original;
  return withGeneratedTexts(studies, films, await generatedTexts(run, studies, films), model.tokenizer);
}

async function trainAll(run: Run, studies: readonly TrainingStudy[]): Promise<TrainingResult> {
  const { options, plan, io, progress } = run;
  const { signal } = io;
  const model = await loadStartModel(options, plan.seed, { signal, onProgress: progress.onProgress });
  if (model.fresh.length > 0 && !options.quiet) {
    progress.clear();
    printError(io, `not in the encoders, drawn with seed ${plan.seed}: ${model.fresh.join(', ')}`, 'note');
  }
  const doubtLog = createDoubtLog(io);
  let numFilms = 0;
  const films = await readFilms(studies, {
    size: model.preprocessing.size,
    signal,
    onFilm: (done, total) => {
      numFilms = total;
      progress.show(`reading films  ${done} of ${total}`, true);
    },
    onDoubts: (subject, doubts) => {
      progress.clear();
      doubtLog.add(subject, doubts);
    },
    strict: options.strict,
  });
  doubtLog.end(numFilms);
  const paired = await studiesWithTexts(run, studies, films, model);
  requirePretrainingStudies(paired, plan);
  const withoutText = studies.length - paired.length;
  if (withoutText > 0 && !options.quiet) {
    progress.clear();
    io.stderr.write(
      `studies without a ${textName(plan)}, left out of pre-training: ${withoutText} of ${studies.length}\n`,
    );
  }
  const backend = await openBackend(options, io);
  try {
    const shared = { backend, model, films, plan, signal, progress };
    const pretrained = await pretrain(paired, { ...shared, folder: options.out });
    const probe = await fitStudyProbe(studies, { ...shared, weights: pretrained.weights });
    const [train, valid] = [inSplit(paired, 'train').length, inSplit(paired, 'valid').length];
    return { plan, model, pretrained, probe, counts: { train, valid, withoutText } };
  } finally {
    backend.dispose();
  }
}

/** @throws {UsageError} where another run uses the folder: two would write over each other's states */
async function takeRunFolder(folder: string): Promise<HeldLock> {
  const lock = await takeLock(path.join(folder, 'run.lock'));
  if (lock) return lock;
  throw new UsageError(
    `--out: expected a folder of its own, got ${folder}, which another run uses; wait for its end or give another folder.`,
  );
}

/** Runs `crrg train rclip`: studies to a model bundle. */
export async function trainOnStudies(file: string, options: TrainRclipOptions, io: CliIo): Promise<void> {
  requireStart(options);
  const plan = planOf(options);
  const studies = await readStudies(file);
  requirePretrainingStudies(plan.text === 'original' ? withSections(studies) : studies, plan);
  requireProbeBatch(studies, plan);
  const lock = await takeRunFolder(options.out);
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const result = await trainAll({ options, plan, io, progress }, studies);
    const target = await writeTrainedBundle(options.out, result);
    progress.clear();
    const use = result.probe
      ? `crrg classify film.png --model ${target}`
      : 'no study has labels: the model has no probe and does not classify';
    io.stdout.write(
      formatTextTable({
        columns: ['', 'value'],
        rows: resultRows(result),
        notes: [`${target}: ${use}`, INTENDED_USE],
      }),
    );
  } catch (error) {
    progress.clear();
    if (io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw error;
  } finally {
    await lock.release();
  }
}
