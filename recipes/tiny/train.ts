/**
 * Trains the demonstration model on open data:
 *
 *   npm run recipe:tiny -- --data FOLDER --out FOLDER [--epoch-scale 1]
 *
 * Each step's weights are kept in the output folder, so that a stopped run goes on where it was.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@crrg/core';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { encodeSafetensors, parseSafetensors } from '@crrg/checkpoints';
import { resnetConfig } from '@crrg/detector';
import { boxTransform } from '@crrg/image';
import { rrgSpecs, type RrgConfig } from '@crrg/pipeline';
import { trainRrg, type RrgStage, type RrgStageSettings } from '@crrg/pipeline/training';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { warmupCosine, type TrainListener } from '@crrg/train';
import { IMAGE_SIZE, tinyConfig } from './config.js';
import { loadFilm, shrinkBox } from './films.js';
import { readKermany, readLungBoxes, readNih, type Split } from './open-data.js';
import {
  predictLungs,
  pretrainTrunk,
  trainLungBoxes,
  type LabelledFilm,
  type LungExample,
} from './pretrain.js';
import { sampleSource, type AnnotatedFilm } from './samples.js';
import { phraseTokens, pretrainText, trainTokenizer } from './text.js';

const SEED = 41;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    'epoch-scale': { type: 'string', default: '1' },
    limit: { type: 'string' },
  },
});
if (!options.data || !options.out)
  throw new Error('recipes.tiny: --data and --out are needed; see ../README.md.');
const [dataFolder, outFolder, epochScale] = [options.data, options.out, Number(options['epoch-scale'])];
const limit = options.limit ? Number(options.limit) : Infinity;
const epochs = (count: number) => Math.max(1, Math.round(count * epochScale));

/** One line an epoch, and each evaluation. */
function logger(name: string): TrainListener {
  let last = 0;
  return (event) => {
    if (event.type === 'batch-end' && Date.now() - last > 15_000) {
      last = Date.now();
      console.log(
        `${name} epoch ${event.position.epoch} batch ${event.position.batch} loss ${event.loss.toFixed(4)} left ${Math.round(event.secondsLeft ?? 0)} s`,
      );
    }
    if (event.type === 'epoch-end')
      console.log(
        `${name} epoch ${event.position.epoch} mean loss ${event.meanLoss?.toFixed(4)} (${(event.durationMs / 1000).toFixed(1)} s)`,
      );
    if (event.type === 'evaluation-end') {
      const parts = Object.entries(event.metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
      console.log(`${name} valid loss ${event.loss.toFixed(4)} ${parts.join(' ')}`);
    }
  };
}

/** The weights of a step: read where an earlier run left them, else made and kept. */
async function step(
  name: string,
  make: () => Promise<Map<string, HostTensor>>,
): Promise<Map<string, HostTensor>> {
  const file = path.join(outFolder, `${name}.safetensors`);
  const saved = await readFile(file).catch(() => undefined);
  if (saved) return parseSafetensors(saved);
  console.log(`== ${name}`);
  const started = Date.now();
  const weights = await make();
  await writeFile(`${file}.part`, encodeSafetensors(weights));
  await rename(`${file}.part`, file);
  console.log(`== ${name} took ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return weights;
}

async function lungExamples(splits: readonly Split[]): Promise<LungExample[]> {
  const rows = (await readLungBoxes(dataFolder)).filter(({ split }) => splits.includes(split));
  return Promise.all(
    rows.map(async ({ file, lungs }) => {
      const film = await loadFilm(file);
      return { film, lungs: { right: shrinkBox(lungs.right, film), left: shrinkBox(lungs.left, film) } };
    }),
  );
}

async function nihExamples(
  split: Split,
  backend: Backend,
  config: RrgConfig,
  weights: Map<string, HostTensor>,
): Promise<AnnotatedFilm[]> {
  const rows = (await readNih(dataFolder)).filter((row) => row.split === split).slice(0, limit);
  const films = await Promise.all(rows.map(({ file }) => loadFilm(file)));
  const lungs = await predictLungs(films, resnetConfig(config.detector), {
    backend,
    weights,
    transformOf: ({ image }) => boxTransform(image, image, IMAGE_SIZE),
  });
  return rows.map(({ labels }, index) => ({ film: films[index]!, lungs: lungs[index]!, labels }));
}

/** Settings of the three stages; the schedule is a warm-up and a cosine, for the short runs that a demonstration allows. */
const STAGES: Readonly<Record<RrgStage, Pick<RrgStageSettings, 'epochs' | 'learningRate'>>> = {
  detector: { epochs: 24, learningRate: 1e-3 },
  classifiers: { epochs: 6, learningRate: 5e-4 },
  full: { epochs: 6, learningRate: 5e-4 },
};

async function main(): Promise<void> {
  await mkdir(outFolder, { recursive: true });
  const backend = await createOnnxBackend();
  const { vocabulary, tokenizer } = trainTokenizer();
  const config = tinyConfig(vocabulary);
  const trunkConfig = resnetConfig(config.detector);
  const shared = { backend, seed: SEED };

  const trunk = await step('1-trunk', async () => {
    const rows = (await readKermany(dataFolder)).slice(0, limit * 8);
    const films: LabelledFilm[] = await Promise.all(
      rows.map(async ({ file, label }) => ({ film: await loadFilm(file), label })),
    );
    return pretrainTrunk(films, trunkConfig, {
      ...shared,
      classes: 3,
      epochs: epochs(4),
      onProgress: logger('trunk'),
    });
  });
  const lungsTrain = await lungExamples(['train', 'valid']);
  const lungs = await step('2-lungs', () =>
    trainLungBoxes(lungsTrain, trunkConfig, {
      ...shared,
      trunk,
      epochs: epochs(400),
      onProgress: logger('lungs'),
    }),
  );
  const text = await step('3-text', () =>
    pretrainText(config.reportGen, tokenizer, { ...shared, epochs: epochs(400), onProgress: logger('text') }),
  );

  const tokens = (phrase: string) => phraseTokens(phrase, tokenizer, config.reportGen);
  const train = await nihExamples('train', backend, config, lungs);
  const valid = (await nihExamples('valid', backend, config, lungs)).map((film) =>
    sampleSource(film, { augment: false, tokens }),
  );
  const nihSources = train.map((film) => sampleSource(film, { augment: true, tokens }));
  const lungSources = lungsTrain.map((film) => sampleSource(film, { augment: true, tokens }));
  const runStage = (stage: RrgStage, weights: Map<string, HostTensor>) => {
    const sources = stage === 'detector' ? [...nihSources, ...lungSources, ...lungSources] : nihSources;
    const settings: RrgStageSettings = {
      batchSize: 8,
      accumulate: 1,
      factor: 0.5,
      patience: 5,
      cooldown: 5,
      ...STAGES[stage],
      epochs: epochs(STAGES[stage].epochs),
    };
    const batches = Math.floor(sources.length / settings.batchSize);
    const schedule = warmupCosine({
      learningRate: settings.learningRate,
      totalSteps: batches * settings.epochs,
      warmupSteps: Math.min(batches, 40),
    });
    return trainRrg({
      ...shared,
      config,
      stage,
      weights,
      train: sources,
      valid,
      settings,
      schedule,
      trainLanguageModel: true,
      onProgress: logger(stage),
    }).then((result) => result.weights);
  };

  const initial = initializeParameters(rrgSpecs(config), createRandom(SEED));
  for (const [name, tensor] of trunk)
    if (name.startsWith('backbone.')) initial.set(`detector.${name}`, tensor);
  for (const [name, tensor] of text) initial.set(`reportGen.${name}`, tensor);
  const detector = await step('4-detector', () => runStage('detector', initial));
  const classifiers = await step('5-classifiers', () => runStage('classifiers', detector));
  await step('6-full', () => runStage('full', classifiers));
  backend.dispose();
}

await main();
