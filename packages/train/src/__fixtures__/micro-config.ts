import { parseRrgConfig, type RrgConfig } from '@crrg/pipeline';

const VOCAB_SIZE = 270;

/** The smallest report model: 128 pixels, one block a stage, two layers. @internal */
export function microConfig(): RrgConfig {
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
    regionSelector: { inputDim: 8, hidden: [8, 4], thresholdLogit: -100 },
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
