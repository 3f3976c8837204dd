import { createRandom } from '@crrg/core';
import { createTokenizer, toVocabularyFiles, trainBpe, parseVocabulary } from '@crrg/report-gen';
import { initializeParameters, zeros, type StateDict } from '@crrg/tensor';
import type { ReportModel } from '../models/report-model.js';
import { parseRrgConfig, rrgSpecs, type RrgConfig } from '../models/rrg-config.js';

const VOCABULARY = trainBpe(['the lungs are clear', 'the heart is large', 'the lungs are large'], {
  vocabSize: 270,
});
const VOCAB_SIZE = Object.keys(VOCABULARY.vocab).length;

/** The smallest report model: 128 pixels, one block a stage, two layers. `thresholdLogit` decides how much is described. @internal */
export function microConfig(thresholdLogit = -100): RrgConfig {
  return parseRrgConfig({
    detector: {
      imageSize: 128,
      stemWidth: 4,
      planes: [4, 4, 4, 4],
      blocks: [1, 1, 1, 1],
      anchors: { sizes: [16, 32, 64], ratios: [0.5, 1, 2] },
      rpn: { evaluation: { preNms: 100, postNms: 80 } },
      representationSize: 32,
      regionFeatureDim: 8,
    },
    regionSelector: { inputDim: 8, hidden: [8, 4], thresholdLogit },
    reportGen: {
      numLayers: 2,
      numHeads: 2,
      width: 8,
      ffnWidth: 16,
      vocabSize: VOCAB_SIZE,
      numPositions: 24,
      regionFeatureDim: 8,
      bosTokenId: VOCAB_SIZE - 1,
      eosTokenId: VOCAB_SIZE - 1,
      padTokenId: VOCAB_SIZE - 1,
      positionTable: 'position',
    },
  });
}

/** Random weights; without biases in the box head, so that boxes differ in their region. */
function microWeights(config: RrgConfig): StateDict {
  const isBias = (name: string) => /^detector\.(boxHead|boxPredictor\.classLogits).*bias$/.test(name);
  const weights = initializeParameters(rrgSpecs(config), createRandom(4));
  return new Map(
    [...weights].map(([name, tensor]) => [name, isBias(name) ? zeros('float32', tensor.shape) : tensor]),
  );
}

/** A report model of {@link microConfig} with random weights: its sentences are nonsense, its results are complete. @internal */
export function microModel(thresholdLogit?: number): ReportModel {
  const config = microConfig(thresholdLogit);
  return {
    name: 'micro',
    version: '1',
    sha256: '0'.repeat(64),
    config,
    preprocessing: { size: 128, mean: 0.5, std: 0.25 },
    weights: microWeights(config),
    tokenizer: createTokenizer(parseVocabulary(toVocabularyFiles(VOCABULARY))),
  };
}
