/**
 * Writes the demonstration weights as a model bundle and measures them:
 *
 *   npm run recipe:tiny:bundle -- --data FOLDER --weights FOLDER --out FOLDER
 *
 * Without --weights those of the bundle in --out are measured again.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseSafetensors } from '@crrg/checkpoints';
import { readBundle } from '@crrg/checkpoints/node';
import { RGRG_PREPROCESSING } from '@crrg/image';
import { loadReportModel, rrgSpecs } from '@crrg/pipeline';
import { countParameters } from '@crrg/tensor';
import { writeReportModelBundle } from '@crrg/train/node';
import { IMAGE_SIZE, tinyConfig } from './config.js';
import { evaluateTiny, type Evaluation } from './evaluate.js';
import { modelCard } from './model-card.js';
import { trainTokenizer } from './text.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    weights: { type: 'string' },
    out: { type: 'string' },
    step: { type: 'string', default: '6-full' },
  },
});
if (!options.data || !options.out)
  throw new Error('recipes.tiny: --data and --out are needed; see ../README.md.');

const { vocabulary } = trainTokenizer();
const config = tinyConfig(vocabulary);
const file = options.weights
  ? path.join(options.weights, `${options.step}.safetensors`)
  : path.join(options.out, 'weights.safetensors');
const weights = parseSafetensors(await readFile(file));

const write = (modelCard: string, evaluation?: Evaluation): Promise<void> =>
  writeReportModelBundle(options.out!, {
    name: 'crrg-tiny',
    version: '0.1.0',
    config,
    preprocessing: { ...RGRG_PREPROCESSING, size: IMAGE_SIZE },
    vocabulary,
    weights,
    licence: 'MIT (weights); data: see the model card',
    trainingData:
      'NIH ChestX-ray14 (subset), lung-box films (CC BY / CC BY-SA), Kermany paediatric films (CC BY 4.0)',
    source: 'recipes/tiny of the CRRG repository',
    modelCard,
    documents: evaluation && { 'evaluation.json': `${JSON.stringify(evaluation, undefined, 2)}\n` },
  });

await write('Not measured yet.\n');
const bundle = await readBundle(options.out);
const model = await loadReportModel(bundle);
await bundle.close();
const work = await mkdtemp(path.join(tmpdir(), 'crrg-tiny-'));
const evaluation = await evaluateTiny(model, options.data, work);
const card = modelCard(evaluation, countParameters(rrgSpecs(config)));
await write(card, evaluation);
console.log(card);
console.log(`Studies, evaluation and results page: ${work}`);
