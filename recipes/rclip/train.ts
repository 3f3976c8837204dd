/**
 * Trains the demonstration R-CLIP and its probe for pneumonia on open data:
 *
 *   npm run recipe:rclip -- --data FOLDER --out FOLDER [--text labels|generated|none] [--reports FILE] [--seed 1234] [--epoch-scale 1]
 *
 * `--text` says what the model reads in pre-training: reports made up from the weak labels, reports that the report model wrote
 * (`--reports`, from `crrg report --jsonl`), or nothing (no pre-training, for comparison). Each step is kept in the output folder, so that a
 * stopped run goes on where it was.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { encodeProbeData, fitProbe, trainRclip } from '@crrg/train';
import { readReportTexts } from '@crrg/train/node';
import {
  createWordPieceTokenizer,
  rclipSpecs,
  toVocabularyText,
  trainWordPieces,
  type RclipConfig,
} from '@crrg/rclip';
import { initializeParameters, type Backend, type HostTensor, type StateDict } from '@crrg/tensor';
import type { CheckpointStore } from '@crrg/train-loop';
import { createFolderStore } from '@crrg/train-loop/node';
import { logTraining, stepsIn } from '../run-steps.js';
import { IMAGE_SIZE, PRETRAINING, PROBE, tinyRclipConfig } from './config.js';
import { readPneumoniaFilms, type PneumoniaFilm } from './pneumonia-films.js';
import { inputOptions, labelled, loadFilm, sampleSource, type LoadedFilm } from './samples.js';
import { allImpressions, weakStudy } from './weak-reports.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    text: { type: 'string', default: 'labels' },
    reports: { type: 'string' },
    seed: { type: 'string', default: '1234' },
    'epoch-scale': { type: 'string', default: '1' },
    limit: { type: 'string' },
  },
});
if (!options.data || !options.out)
  throw new Error('recipes.rclip: --data and --out are needed; see ../README.md.');
if (!['labels', 'generated', 'none'].includes(options.text))
  throw new Error(`recipes.rclip: --text must be labels, generated or none, got ${options.text}.`);
if ((options.text === 'generated') !== (options.reports !== undefined))
  throw new Error('recipes.rclip: --reports belongs to --text generated; give both or neither.');

const [outFolder, seed] = [options.out, Number(options.seed)];
const limit = options.limit ? Number(options.limit) : Infinity;
const epochs = (count: number) => Math.max(1, Math.round(count * Number(options['epoch-scale'])));
const step = stepsIn(outFolder);

/** Films of a split, those of both sets mixed, with the reports that a model wrote where there are any. */
async function loadFilms(
  films: readonly PneumoniaFilm[],
  split: PneumoniaFilm['split'],
  reports: ReadonlyMap<string, string> | undefined,
): Promise<LoadedFilm[]> {
  const chosen = createRandom(seed)
    .shuffle(films.filter((film) => film.split === split))
    .slice(0, limit);
  const loaded: LoadedFilm[] = [];
  for (const each of chosen) {
    const film = await loadFilm(each, IMAGE_SIZE);
    const report = reports?.get(film.sha256);
    if (!reports) loaded.push(film);
    else if (report) loaded.push({ ...film, report: [report] });
  }
  return loaded;
}

/** A vocabulary learned from the texts of the training films. */
function trainTokenizer(films: readonly LoadedFilm[]): ReturnType<typeof trainWordPieces> {
  const random = createRandom(seed);
  const texts = films.flatMap(({ film, report }) => report ?? weakStudy(film, random).sections);
  return trainWordPieces([...allImpressions(), ...texts], { vocabSize: 600 });
}

async function pretrain(
  backend: Backend,
  config: RclipConfig,
  start: StateDict,
  data: Record<'train' | 'valid', LoadedFilm[]>,
  vocabulary: ReturnType<typeof trainWordPieces>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const tokenizer = createWordPieceTokenizer(vocabulary);
  const shared = { tokenizer, size: IMAGE_SIZE, maxLength: config.textEncoder!.maxLength };
  const store = createFolderStore(path.join(outFolder, 'pretraining'));
  await trainRclip({
    backend,
    config,
    weights: start,
    train: data.train.map((film) => sampleSource(film, { ...shared, augment: true })),
    valid: data.valid.map((film) => sampleSource(film, { ...shared, augment: false })),
    settings: { ...PRETRAINING, epochs: epochs(PRETRAINING.epochs) },
    seed,
    store,
    resume: true,
    onProgress: logTraining('pre-training'),
  });
  return bestOf(store);
}

async function bestOf(store: CheckpointStore): Promise<ReadonlyMap<string, HostTensor>> {
  const best = await store.load('best');
  if (!best) throw new Error('recipes.rclip: nothing was evaluated; give more validation films.');
  return best.tensors;
}

async function trainAndCalibrateProbe(
  backend: Backend,
  config: RclipConfig,
  weights: StateDict,
  data: Record<'train' | 'valid', LoadedFilm[]>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const encoded = await encodeProbeData({
    ...inputOptions(IMAGE_SIZE),
    train: data.train.map(labelled),
    valid: data.valid.map(labelled),
    seed,
    backend,
    config,
    weights,
  });
  const probe = await fitProbe({
    backend,
    config,
    ...encoded,
    settings: { ...PROBE, epochs: epochs(PROBE.epochs) },
    seed,
    onProgress: logTraining('probe'),
  });
  const fitted = { ...config, probe: probe.config };
  await writeFile(path.join(outFolder, 'config.json'), `${JSON.stringify(fitted, undefined, 2)}\n`);
  return probe.weights;
}

async function main(): Promise<void> {
  const reports = options.reports ? await readReportTexts(options.reports) : undefined;
  const films = await readPneumoniaFilms(options.data!);
  const pretraining = {
    train: await loadFilms(films, 'train', reports),
    valid: await loadFilms(films, 'valid', reports),
  };
  const probed = reports
    ? {
        train: await loadFilms(films, 'train', undefined),
        valid: await loadFilms(films, 'valid', undefined),
      }
    : pretraining;
  const vocabulary = trainTokenizer(pretraining.train);
  const config = tinyRclipConfig(vocabulary.length);
  const backend = await createOnnxBackend();
  const start = initializeParameters(rclipSpecs({ ...config, probe: null }), createRandom(seed));
  const weights = await step('1-pretraining', async () =>
    options.text === 'none' ? start : pretrain(backend, config, start, pretraining, vocabulary),
  );
  await writeFile(path.join(outFolder, 'vocab.txt'), toVocabularyText(vocabulary));
  await step('2-probe', () => trainAndCalibrateProbe(backend, config, weights, probed));
  backend.dispose();
}

await main();
