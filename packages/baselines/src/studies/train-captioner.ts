import { createHash } from 'node:crypto';
import path from 'node:path';
import { ConfigError, DataError, type AbortOptions } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import type { ModelSource } from '@crrg/pipeline/node';
import type { HostTensor } from '@crrg/tensor';
import { augmentedFilmInput, plainFilmInput } from '@crrg/train';
import {
  keepRunSettings,
  openBackend,
  takeRunFolder,
  type Films,
  type RunEngineOptions,
} from '@crrg/train/node';
import { createFolderStore, openTrainingLog, writeLossCurves } from '@crrg/train-loop/node';
import { bundleName, writeCaptionerBundle } from '../captioner/bundle.js';
import type { CaptionerKind } from '../captioner/config.js';
import { fitCaptioner, type CaptionSampleSource } from '../captioner/fit-captioner.js';
import { captionerPreprocessing } from '../captioner/preprocessing.js';
import {
  CAPTIONER_PRESETS,
  parseCaptionerPreset,
  type CaptionerPreset,
  type CaptionerSettings,
} from '../captioner/presets.js';
import { startCaptioner, type CaptionerStart } from '../captioner/start-weights.js';
import { trainVocabulary, type WordVocabulary } from '../words/vocabulary.js';
import { textsEvent, type BaselineListener } from './events.js';
import { filmOwners, filmsOf, readFilmTexts, withText, type FilmText } from './film-texts.js';
import { readPictures } from './read-pictures.js';

/** How {@link trainCaptioner} trains. */
export interface TrainCaptionerOptions extends RunEngineOptions, AbortOptions {
  /** A folder for this run alone: gets the state, the losses with their curves and the bundle (`model/`). */
  readonly out: string;
  /** A preset by name, a JSON file of the same form, or one of `parseCaptionerPreset`. @defaultValue 'show-and-tell' */
  readonly preset?: CaptionerKind | CaptionerPreset | (string & {}) | undefined;
  /** Which captioner a preset of yours must be. @defaultValue that of the preset */
  readonly kind?: CaptionerKind | undefined;
  /** An imported ResNet (image-encoder) to start the trunk from. @defaultValue random weights */
  readonly imageEncoder?: ModelSource | undefined;
  /** @defaultValue that of the preset */
  readonly epochs?: number | undefined;
  /** @defaultValue that of the preset */
  readonly batchSize?: number | undefined;
  /** Of the first epoch. @defaultValue that of the preset */
  readonly learningRate?: number | undefined;
  /** @defaultValue that of the preset */
  readonly seed?: number | undefined;
  /** A batch that fails or has no finite loss. @defaultValue 'stop' */
  readonly onBadBatch?: 'stop' | 'skip' | undefined;
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** What bundle and model card call the maker. @defaultValue 'trainCaptioner' */
  readonly source?: string | undefined;
  readonly onProgress?: BaselineListener | undefined;
}

/** What {@link trainCaptioner} gives. */
export interface TrainedCaptionerResult {
  /** Folder of the bundle. */
  readonly bundle: string;
  readonly loss: number;
  /** Epoch of the lowest validation loss, counted from 1. */
  readonly epoch: number;
  /** Films that were trained and validated on. */
  readonly counts: { readonly train: number; readonly valid: number };
  readonly numWords: number;
  /** Beams of the search, by the preset. */
  readonly numBeams: number;
}

const WHERE = 'baselines.trainCaptioner';

/** Everything that a run is made of. */
interface Run {
  readonly options: TrainCaptionerOptions;
  readonly preset: CaptionerPreset;
  readonly settings: CaptionerSettings;
  readonly seed: number;
  readonly train: readonly FilmText[];
  readonly valid: readonly FilmText[];
  readonly vocabulary: WordVocabulary;
  readonly start: CaptionerStart;
  readonly films: Films;
}

async function presetFromFile(file: string): Promise<CaptionerPreset> {
  const text = await readInputText(file);
  try {
    return parseCaptionerPreset(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError(
      `${WHERE}: \`preset\`: expected JSON in ${file}, got another text; correct the file.`,
    );
  }
}

/** @throws {ConfigError} for a file that is no preset, or a preset of another captioner */
async function presetOf({ kind, preset: given = kind ?? 'show-and-tell' }: TrainCaptionerOptions) {
  const isName = typeof given === 'string' && Object.hasOwn(CAPTIONER_PRESETS, given);
  const preset =
    typeof given !== 'string'
      ? given
      : isName
        ? CAPTIONER_PRESETS[given as CaptionerKind]
        : await presetFromFile(given);
  const { kind: found } = preset.architecture;
  if (kind === undefined || kind === found) return preset;
  throw new ConfigError(
    `${WHERE}: \`preset\`: expected one of ${kind}, got one of ${found}; change its kind or take another.`,
  );
}

function settingsOf({ settings }: CaptionerPreset, options: TrainCaptionerOptions): CaptionerSettings {
  return {
    ...settings,
    epochs: options.epochs ?? settings.epochs,
    batchSize: options.batchSize ?? settings.batchSize,
    learningRate: options.learningRate ?? settings.learningRate,
  };
}

/** SHA-256 of what training sees of the studies. */
function hashFilms({ train, valid, films }: Run): string {
  const hash = createHash('sha256');
  for (const { split, file, text } of [...train, ...valid])
    hash.update(JSON.stringify([split, films.sha256Of(file), text]));
  return hash.digest('hex');
}

function keepSettings(run: Run): Promise<void> {
  const { options, preset, settings, seed, start } = run;
  const json = JSON.stringify({ config: start.config, minCount: preset.minCount });
  return keepRunSettings(
    path.join(options.out, 'run.json'),
    { captioner: json, ...settings, seed, start: start.from, studies: hashFilms(run) },
    'crrg/train-captioner/1',
  );
}

function sourcesOf({ start: { config }, films, vocabulary }: Run, of: readonly FilmText[], isTrain: boolean) {
  const preprocessing = captionerPreprocessing(config);
  return of.map(({ file, text }): CaptionSampleSource => {
    const wordIds = vocabulary.encode(text);
    return async (random) => {
      const film = await films.load(file);
      const image = isTrain
        ? augmentedFilmInput(film, preprocessing, random)
        : plainFilmInput(film, preprocessing);
      return { image, wordIds };
    };
  });
}

/** No more steps than the longest caption and its end take. */
function numStepsOf({ start: { config }, train, vocabulary }: Run): number {
  const longest = train.reduce((most, { text }) => Math.max(most, vocabulary.encode(text).length), 0);
  return Math.min(config.maxLength, longest + 1);
}

async function fit(run: Run) {
  const { options, settings, seed, start, train, valid } = run;
  const store = createFolderStore(path.join(options.out, 'training'));
  const log = openTrainingLog(options.out);
  const { backend, release } = await openBackend(options);
  try {
    const { best } = await fitCaptioner({
      backend,
      config: start.config,
      weights: start.weights,
      train: sourcesOf(run, train, true),
      valid: sourcesOf(run, valid, false),
      settings,
      seed,
      numSteps: numStepsOf(run),
      store,
      resume: true,
      signal: options.signal,
      ...(options.onBadBatch === 'skip' && { onNonFinite: 'skip', skipOnError: () => true }),
      onProgress: (event) => {
        log.listener(event);
        options.onProgress?.({ type: 'training', epochs: settings.epochs, event });
      },
    });
    const saved = await store.load('best');
    if (best && saved) return { best, weights: saved.tensors };
  } finally {
    log.close();
    release();
  }
  throw new DataError(
    `${WHERE}: expected a finite validation loss, got none; lower \`learningRate\` or check the studies.`,
  );
}

async function writeModel(
  run: Run,
  {
    best,
    weights,
  }: { best: { loss: number; position: { epoch: number } }; weights: ReadonlyMap<string, HostTensor> },
): Promise<string> {
  const { options, preset, settings, seed, start, train, valid, vocabulary } = run;
  const { fromReport, fromRegions } = textsEvent(train);
  const folder = path.join(options.out, 'model');
  await writeCaptionerBundle(folder, {
    name: bundleName(options.out),
    config: start.config,
    vocabulary,
    weights,
    licence: 'not stated; that of the data',
    trainingData: `${train.length + valid.length} films of the user`,
    source: options.source ?? 'trainCaptioner',
    facts: [
      ['settings', preset.source],
      ['trunk started from', start.from],
      [
        'training',
        `${settings.epochs} epochs, batches of ${settings.batchSize}, learning rate ${settings.learningRate}`,
      ],
      ['seed', String(seed)],
      [
        'films for training',
        `${train.length}: ${fromReport} with the report, ${fromRegions} with the sentences of their regions`,
      ],
      ['films for validation', String(valid.length)],
      ['words', String(vocabulary.words.length)],
      ['best validation loss', `${best.loss.toFixed(4)} (epoch ${best.position.epoch + 1})`],
    ],
  });
  return folder;
}

async function prepare(studies: string, options: TrainCaptionerOptions): Promise<Run> {
  const preset = await presetOf(options);
  const seed = options.seed ?? preset.seed;
  const all = (await readFilmTexts(studies, options)).filter(({ split }) => split !== 'test');
  options.onProgress?.(textsEvent(all));
  const [train, valid] = [withText(filmsOf(all, 'train')), withText(filmsOf(all, 'valid'))];
  const vocabulary = trainVocabulary(
    train.map(({ text }) => text),
    preset,
  );
  const { imageEncoder, signal } = options;
  const config = { ...preset.architecture, vocabSize: vocabulary.words.length };
  const start = await startCaptioner(config, { imageEncoder, seed, signal });
  const films = await readPictures(filmOwners([...train, ...valid]), start.config.imageSize, options);
  const settings = settingsOf(preset, options);
  return { options, preset, settings, seed, train, valid, vocabulary, start, films };
}

/**
 * Trains Show and Tell or adaptive attention on region studies: whole films and what their reports say, or, where a study has no report, the
 * sentences of its regions. The vocabulary is of the training films. Writes a bundle of the epoch with the lowest validation loss, the losses
 * and their curves. A stopped run goes on when it is called again with the same options, and ends with the same weights.
 * @param studies a JSONL file of region studies
 *
 * @example
 * ```ts
 * const { bundle } = await trainCaptioner('studies.jsonl', { preset: 'ada-att', out: 'runs/ada-att' });
 * await writeCaptions('studies.jsonl', { model: bundle, out: 'runs/ada-att' });
 * ```
 * @throws {InputErrors} that names every film that cannot be read
 * @throws {ConfigError} for less than a batch of films with a text, or settings of another run in the folder
 * @throws {DataError} for a line that is no study, or where no validation loss was finite
 */
export async function trainCaptioner(
  studies: string,
  options: TrainCaptionerOptions,
): Promise<TrainedCaptionerResult> {
  const lock = await takeRunFolder(options.out, WHERE);
  try {
    const run = await prepare(studies, options);
    await keepSettings(run);
    const fitted = await fit(run);
    await writeLossCurves(options.out, { title: `${run.start.config.kind}: loss` });
    const bundle = await writeModel(run, fitted);
    const { loss, position } = fitted.best;
    const counts = { train: run.train.length, valid: run.valid.length };
    const { numBeams } = run.preset;
    const numWords = run.vocabulary.words.length;
    return { bundle, loss, epoch: position.epoch + 1, counts, numWords, numBeams };
  } finally {
    await lock.release();
  }
}
