/**
 * Writes the demonstration R-CLIP as a model bundle and measures it:
 *
 *   npm run recipe:rclip:bundle -- --data FOLDER --weights FOLDER --out FOLDER
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseSafetensors } from '@crrg/checkpoints';
import { readBundle } from '@crrg/checkpoints/node';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import { renderCalibrationSvg } from '@crrg/metrics';
import { loadRclipModel, type RclipModel } from '@crrg/pipeline';
import { parseRclipConfig, parseWordPieceVocabulary, rclipSpecs } from '@crrg/rclip';
import { countParameters } from '@crrg/tensor';
import { writeRclipBundle } from '@crrg/train/node';
import { answerFilms, evaluateRclip, type RclipEvaluation } from './evaluate.js';
import { rclipModelCard } from './model-card.js';
import { chooseThreshold } from './operating-point.js';
import { readPneumoniaFilms } from './pneumonia-films.js';

const { values: options } = parseArgs({
  options: { data: { type: 'string' }, weights: { type: 'string' }, out: { type: 'string' } },
});
if (!options.data || !options.weights || !options.out)
  throw new Error('recipes.rclip: --data, --weights and --out are needed; see ../README.md.');

const read = (name: string) => readFile(path.join(options.weights!, name));
let config = parseRclipConfig(JSON.parse((await read('config.json')).toString()));
const weights = new Map([
  ...parseSafetensors(await read('1-pretraining.safetensors')),
  ...parseSafetensors(await read('2-probe.safetensors')),
]);
const vocabulary = parseWordPieceVocabulary((await read('vocab.txt')).toString());

const write = (modelCard: string, evaluation?: RclipEvaluation): Promise<void> =>
  writeRclipBundle(options.out!, {
    name: 'crrg-tiny-rclip',
    version: '0.1.0',
    config,
    preprocessing: { ...IMAGENET_PREPROCESSING, size: config.imageEncoder.imageSize },
    vocabulary,
    weights,
    licence: 'MIT (weights); data: see the model card',
    trainingData: 'NIH ChestX-ray14 (subset), Kermany paediatric films (CC BY 4.0)',
    source: 'recipes/rclip of the CRRG repository',
    modelCard,
    documents: evaluation && {
      'evaluation.json': `${JSON.stringify(evaluation, undefined, 2)}\n`,
      'calibration.svg': renderCalibrationSvg(evaluation.calibration, {
        title: 'Pneumonia, held-out patients',
      }),
    },
  });

async function loadWritten(): Promise<RclipModel> {
  const bundle = await readBundle(options.out!);
  try {
    return await loadRclipModel(bundle);
  } finally {
    await bundle.close();
  }
}

await write('Not measured yet.\n');
const films = await readPneumoniaFilms(options.data);
const valid = films.filter(({ split }) => split === 'valid');
const threshold = chooseThreshold(await answerFilms(await loadWritten(), valid));
config = parseRclipConfig({ ...config, probe: { ...config.probe, thresholds: [threshold] } });
await write('Not measured yet.\n');
const evaluation = await evaluateRclip(await loadWritten(), options.data);
const card = rclipModelCard(evaluation, countParameters(rclipSpecs(config)));
await write(card, evaluation);
console.log(card);
