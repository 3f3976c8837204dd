import path from 'node:path';
import { INTENDED_USE } from '@crrg/core';
import { loadClassifierModel, type ModelSource, type RclipModel } from '@crrg/pipeline';
import { readStudies, type TrainingStudy } from '@crrg/train/node';
import { doubtNotes } from '../doubt-counts.js';
import type { RclipEvaluation } from '../evaluation.js';
import type { EvaluationOptions } from '../intervals.js';
import { evaluateRclipFilms, type RclipSections } from '../rclip/evaluate-rclip-films.js';
import { RCLIP_FILM_SCHEMA, type RclipFilm } from '../rclip/film.js';
import type { FailedFilm } from './each-film.js';
import { defaultPrompts, readClassPrompts, readPrompts } from './prompts.js';
import { formatPredictions, rclipPredictionLines } from './predictions.js';
import { openRclipReader, type LabelPrompts, type StudyFilm } from './rclip-reader.js';
import { chooseStudies, sha256OfFile, type StudyChoice } from './region-studies.js';
import { runFilms, type FilmEngineOptions } from './run-films.js';
import { intervalSettings, writeResults } from './write-results.js';
import { runsOf } from './write-results-page.js';

/** How {@link evaluateRclip} measures. */
export interface EvaluateRclipOptions extends StudyChoice, EvaluationOptions, FilmEngineOptions {
  /** Gets `evaluation.json`, `films.jsonl`, `predictions.csv` and `index.html`; a stopped run goes on there. */
  readonly out: string;
  /** @defaultValue 'tiny' */
  readonly model?: ModelSource | RclipModel | undefined;
  /** A JSON file of opposite prompts by label. @defaultValue those of CXR-CLIP */
  readonly prompts?: string | undefined;
  /** A JSON file of prompts by class, for films that show exactly one of the classes. @defaultValue none */
  readonly classPrompts?: string | undefined;
  /** Leaves out films about which there is any doubt; they count as failed. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/** What an evaluation gave, and which films it had to leave out. */
export interface RclipEvaluationResult {
  readonly evaluation: RclipEvaluation;
  readonly films: readonly RclipFilm[];
  readonly failed: readonly FailedFilm[];
}

/** Every image of the studies; a study with labels is judged by each. */
function filmsOf(studies: readonly TrainingStudy[]): StudyFilm[] {
  return studies.flatMap((study) =>
    study.images.map((_, index) => ({
      id: index === 0 ? study.id : `${study.id}/${index + 1}`,
      study,
      index,
    })),
  );
}

async function promptsOf(studies: readonly TrainingStudy[], file: string | undefined): Promise<LabelPrompts> {
  const given = file === undefined ? new Map<string, readonly [string, string]>() : await readPrompts(file);
  const labels = new Set(studies.flatMap(({ labels: known }) => [...known.keys()]));
  return new Map([...labels].map((label) => [label, given.get(label) ?? defaultPrompts(label)]));
}

function notesOf(model: RclipModel, { counts, probe, zeroShot, retrieval }: RclipSections): string[] {
  const notes: string[] = [];
  const say = (is: boolean, note: string) => void (is && notes.push(note));
  say(counts.labelled === 0, 'No study has labels: classification is not measured.');
  say(model.config.probe === null, 'The model has no probe.');
  say(
    counts.labelled > 0 && model.config.probe !== null && probe === null,
    `No label of the studies is one of the probe (${model.config.probe?.labels.join(', ')}).`,
  );
  say(
    zeroShot === null && counts.labelled > 0,
    'The model has no text side: zero-shot classification is not measured.',
  );
  say(
    retrieval === null,
    'Fewer than two studies have a text that the model can read: retrieval is not measured.',
  );
  say(
    (model.assumptions ?? []).length > 0,
    `The bundle assumed ${(model.assumptions ?? []).join(' and ')} when it was imported.`,
  );
  return [...notes, ...doubtNotes(counts.inDoubt, counts.films)];
}

/**
 * Measures a contrastive model on studies: its probe and zero-shot classification where they have labels, retrieval in both directions
 * where they have texts. Films that are done stay in `films.jsonl`, so that a stopped run goes on.
 *
 * @param file of R-CLIP studies (JSON lines), see `readStudies` of `@crrg/train/node`
 *
 * @example
 * ```ts
 * const { evaluation } = await evaluateRclip('rsna.jsonl', { model: 'runs/rclip/model', out: 'results/rclip' });
 * console.log(evaluation.probe?.Pneumonia?.scores.auroc);
 * ```
 * @throws {InputErrors | DataError} for studies that cannot be read, or a split without studies
 * @throws {ConfigError} for wrong options, or a folder of another evaluation
 * @throws {CheckpointError | BackendError | OutputError}; `signal.reason` on abort
 */
export async function evaluateRclip(
  file: string,
  options: EvaluateRclipOptions,
): Promise<RclipEvaluationResult> {
  const { out, split = 'test', firstRows = null, signal, onProgress, onWarning, strict } = options;
  const studies = chooseStudies(file, await readStudies(file), options);
  const prompts = await promptsOf(studies, options.prompts);
  const classPrompts =
    options.classPrompts === undefined ? undefined : await readClassPrompts(options.classPrompts);
  const loaded = await loadClassifierModel(options.model, { signal, onProgress });
  const { name, version, sha256: modelHash } = loaded;
  const model = { name, version, sha256: modelHash };
  const sha256 = await sha256OfFile(file);
  const prompted = Object.fromEntries(prompts);
  const folder = path.dirname(path.resolve(file));
  const { films, failed } = await runFilms(
    {
      out,
      schema: RCLIP_FILM_SCHEMA,
      settings: {
        command: 'rclip',
        studies: sha256,
        model,
        prompts: prompted,
        classPrompts: classPrompts ? Object.fromEntries(classPrompts) : null,
        strict: strict ?? false,
      },
      studies: filmsOf(studies),
      openReader: (backend) =>
        openRclipReader(loaded, backend, { folder, prompts, classPrompts, signal, strict, onWarning }),
    },
    options,
  );
  onProgress?.({ type: 'scoring-start' });
  const { numResamples, level, seed } = options;
  const sections = evaluateRclipFilms(films, { numResamples, level, seed });
  const evaluation: RclipEvaluation = {
    schema: 'crrg/evaluation/rclip/1',
    model,
    prompts: prompted,
    studies: {
      file: path.basename(file),
      ...{ sha256, split, firstRows },
      numStudies: studies.length,
      numFailed: failed.length,
    },
    intervals: intervalSettings(options),
    ...sections,
    notes: notesOf(loaded, sections),
    intendedUse: INTENDED_USE,
  };
  await writeResults(out, evaluation, {
    predictions: formatPredictions(films, rclipPredictionLines),
    page: { name, runs: runsOf(options.model), title: `${name} on ${path.basename(file)}` },
    signal,
  });
  return { evaluation, films, failed };
}
