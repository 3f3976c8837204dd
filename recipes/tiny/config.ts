import { END_OF_TEXT, type BpeVocabulary } from '@crrg/report-gen';
import { parseRrgConfig, type RrgConfig } from '@crrg/pipeline';

/** Side of the network input in pixels. */
export const IMAGE_SIZE = 192;

/** Architecture of the demonstration model: the paper's, made small. */
export function tinyConfig({ vocab }: BpeVocabulary): RrgConfig {
  const endOfText = vocab[END_OF_TEXT]!;
  const vocabSize = Object.keys(vocab).length;
  const width = 96;
  return parseRrgConfig({
    detector: {
      imageSize: IMAGE_SIZE,
      stemWidth: 16,
      planes: [16, 32, 48, 48],
      blocks: [1, 1, 2, 1],
      anchors: { sizes: [12, 24, 40, 58, 82, 108, 144], ratios: [0.2, 0.35, 0.6, 1, 1.6, 2.6, 5] },
      representationSize: 128,
      regionFeatureDim: width,
      rpn: {
        training: { preNms: 400, postNms: 300 },
        evaluation: { preNms: 300, postNms: 200 },
        sampleSize: 128,
      },
      roi: { sampleSize: 96, positiveFraction: 0.6 },
    },
    regionSelector: { inputDim: width, hidden: [48, 24], abnormalityPosWeight: 1, thresholdLogit: 0 },
    reportGen: {
      numLayers: 2,
      numHeads: 4,
      width,
      ffnWidth: 4 * width,
      vocabSize,
      numPositions: 64,
      regionFeatureDim: width,
      bosTokenId: endOfText,
      eosTokenId: endOfText,
      padTokenId: endOfText,
      positionTable: 'position',
    },
  });
}
