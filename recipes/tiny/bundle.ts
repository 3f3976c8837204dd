/**
 * Writes the demonstration weights as a model bundle and measures them:
 *
 *   npm run recipe:tiny:bundle -- --data FOLDER --weights FOLDER --out FOLDER
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import { parseSafetensors } from '@crrg/checkpoints';
import { readBundle, writeBundle, type BundleContent } from '@crrg/checkpoints/node';
import { RGRG_PREPROCESSING } from '@crrg/image';
import { loadReportModel, rrgSpecs } from '@crrg/pipeline';
import { toVocabularyFiles } from '@crrg/report-gen';
import { countParameters } from '@crrg/tensor';
import { IMAGE_SIZE, tinyConfig } from './config.js';
import { evaluateTiny } from './evaluate.js';
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
if (!options.data || !options.weights || !options.out)
  throw new Error('recipes.tiny: --data, --weights and --out are needed; see ../README.md.');

const encode = (text: string) => new TextEncoder().encode(text);
const { vocabulary } = trainTokenizer();
const { vocabJson, mergesText } = toVocabularyFiles(vocabulary);
const config = tinyConfig(vocabulary);
const content = (card: string, evaluation: unknown): BundleContent => ({
  name: 'crrg-tiny',
  version: '0.1.0',
  config: config as unknown as Record<string, unknown>,
  preprocessing: { ...RGRG_PREPROCESSING, size: IMAGE_SIZE },
  labels: ANATOMICAL_REGIONS,
  thresholds: { selectionLogit: config.regionSelector.thresholdLogit },
  tokenizer: { kind: 'byte-bpe', vocab: 'vocab.json', merges: 'merges.txt' },
  licence: 'MIT (weights); data: see the model card',
  trainingData:
    'NIH ChestX-ray14 (subset), lung-box films (CC BY / CC BY-SA), Kermany paediatric films (CC BY 4.0)',
  source: 'recipes/tiny of the CRRG repository',
  modelCard: 'MODEL_CARD.md',
  weights,
  attachments: {
    'vocab.json': { role: 'tokenizer', bytes: encode(vocabJson) },
    'merges.txt': { role: 'tokenizer', bytes: encode(mergesText) },
    'MODEL_CARD.md': { role: 'document', bytes: encode(card) },
    'evaluation.json': { role: 'document', bytes: encode(`${JSON.stringify(evaluation, undefined, 2)}\n`) },
  },
});

const weights = parseSafetensors(await readFile(path.join(options.weights, `${options.step}.safetensors`)));
await writeBundle(options.out, content('Not measured yet.\n', null));
const bundle = await readBundle(options.out);
const model = await loadReportModel(bundle);
await bundle.close();
const evaluation = await evaluateTiny(model, options.data);
const card = modelCard(evaluation, countParameters(rrgSpecs(config)));
await writeBundle(options.out, content(card, evaluation));
console.log(card);
