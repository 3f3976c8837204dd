import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { createRandom } from '@crrg/core';
import { RGRG_DETECTOR_KEY_MAP } from '@crrg/detector';
import { parseRrgConfig, rrgSpecs } from '@crrg/pipeline';
import { RGRG_REGION_SELECTOR_KEY_MAP } from '@crrg/region-selector';
import { rgrgReportGenKeyMap, toVocabularyFiles, trainBpe } from '@crrg/report-gen';
import { initializeParameters, zeros, type HostTensor, type KeyMap } from '@crrg/tensor';

const VOCABULARY = trainBpe(['the lungs are clear', 'the heart is large'], { vocabSize: 264 });
const VOCAB_SIZE = Object.keys(VOCABULARY.vocab).length;

/** What the tensors of a checkpoint cannot tell, as `--config` takes it. */
export const MICRO_HINTS = {
  detector: {
    imageSize: 64,
    anchors: { sizes: [16, 32, 64], ratios: [0.5, 1, 2] },
    rpn: { evaluation: { preNms: 60, postNms: 60 } },
  },
  regionSelector: { thresholdLogit: -100 },
  reportGen: { numHeads: 2, numPositions: 8, positionTable: 'position' },
};

const CONFIG = parseRrgConfig({
  detector: {
    ...MICRO_HINTS.detector,
    stemWidth: 4,
    planes: [4, 4, 4, 4],
    blocks: [1, 1, 1, 1],
    representationSize: 16,
    regionFeatureDim: 8,
  },
  regionSelector: { ...MICRO_HINTS.regionSelector, inputDim: 8, hidden: [8, 4] },
  reportGen: {
    ...MICRO_HINTS.reportGen,
    numLayers: 1,
    width: 8,
    ffnWidth: 16,
    vocabSize: VOCAB_SIZE,
    regionFeatureDim: 8,
    bosTokenId: VOCAB_SIZE - 1,
    eosTokenId: VOCAB_SIZE - 1,
    padTokenId: VOCAB_SIZE - 1,
  },
});

const KEY_MAPS: Readonly<Record<string, KeyMap>> = {
  detector: RGRG_DETECTOR_KEY_MAP,
  regionSelector: RGRG_REGION_SELECTOR_KEY_MAP,
  reportGen: rgrgReportGenKeyMap({ positionTable: 'position' }),
};

/** The name that RGRG's file has for a parameter of ours. */
function referenceName(name: string): string {
  const [part, ...rest] = name.split('.') as [string, ...string[]];
  for (const { from, to } of KEY_MAPS[part]!) {
    if (to === null) continue;
    const pattern = `^${to.replaceAll('.', '\\.').replaceAll('{}', '([^.]+)')}$`;
    const match = new RegExp(pattern).exec(rest.join('.'));
    let group = 1;
    if (match) return from.replaceAll('{}', () => match[group++]!);
  }
  throw new Error(`no name of the reference for ${name}`);
}

/** The smallest report model with random weights under RGRG's names. */
export function microTensors(): Map<string, HostTensor> {
  const weights = initializeParameters(rrgSpecs(CONFIG), createRandom(4));
  // Without biases in the box head, boxes differ in their region.
  const isBias = (name: string) => /^detector\.(boxHead|boxPredictor\.classLogits).*bias$/.test(name);
  return new Map(
    [...weights].map(([name, tensor]) => [
      referenceName(name),
      isBias(name) ? zeros('float32', tensor.shape) : tensor,
    ]),
  );
}

/** Writes `micro.safetensors`, `vocab.json`, `merges.txt` and `config-hints.json`; gives the path of the first. */
export async function writeMicroCheckpoint(folder: string, tensors = microTensors()): Promise<string> {
  const { vocabJson, mergesText } = toVocabularyFiles(VOCABULARY);
  const file = path.join(folder, 'micro.safetensors');
  await writeFile(file, encodeSafetensors(tensors));
  await writeFile(path.join(folder, 'vocab.json'), vocabJson);
  await writeFile(path.join(folder, 'merges.txt'), mergesText);
  await writeFile(path.join(folder, 'config-hints.json'), JSON.stringify(MICRO_HINTS));
  return file;
}
