import { createRandom } from '@crrg/core';
import type { HostTensor } from '@crrg/tensor';
import { parseReportGenConfig } from '../config.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';
import { trainBpe } from '../tokenizer/train-bpe.js';
import { wideWeights } from './wide-weights.js';

export const VOCAB = 257;
/** Of a generator that takes milliseconds. */
export const config = parseReportGenConfig({
  numLayers: 2,
  numHeads: 2,
  width: 8,
  ffnWidth: 16,
  vocabSize: VOCAB,
  numPositions: 40,
  regionFeatureDim: 6,
  bosTokenId: 256,
  eosTokenId: 256,
  padTokenId: 256,
});
export const tokenizer = createTokenizer(trainBpe([], { vocabSize: VOCAB }));

function weightsWithFrequentEnd(): Map<string, HostTensor> {
  const weights = wideWeights(config, 3, 1);
  const table = weights.get('tokenTable.weight')!.data as Float32Array;
  for (let column = 0; column < config.width; column++) table[256 * config.width + column]! *= 1.15;
  return weights;
}

/** Weights with which texts end often. */
export const weights = weightsWithFrequentEnd();
/** Features of 5 regions. */
export const FEATURES = (() => {
  const random = createRandom(8);
  return Float32Array.from({ length: 5 * 6 }, () => random.uniform(-2, 2));
})();

/** Features of 24 regions whose texts end at many lengths. */
export const MANY = (() => {
  const random = createRandom(9);
  return Float32Array.from({ length: 24 * 6 }, () => random.uniform(-6, 6));
})();

