import { createRandom } from '@crrg/core';
import { IMAGENET_PREPROCESSING, preprocessConfig } from '@crrg/image';
import { parseRrgConfig, rrgSpecs, type RrgConfig } from '@crrg/pipeline';
import { parseRclipConfig, rclipSpecs, trainWordPieces, type RclipConfig } from '@crrg/rclip';
import { END_OF_TEXT, trainBpe, type BpeVocabulary } from '@crrg/report-gen';
import { initializeParameters } from '@crrg/tensor';
import { writeRclipBundle, writeReportModelBundle } from '@crrg/train/node';

/** Side of the report model's input in pixels. */
const RRG_SIZE = 160;
/** Side of the contrastive model's input in pixels. */
const RCLIP_SIZE = 96;
const WIDTH = 64;

/** The paper's report model, made small. */
function rrgConfig({ vocab }: BpeVocabulary, thresholdLogit: number): RrgConfig {
  const end = vocab[END_OF_TEXT]!;
  return parseRrgConfig({
    detector: {
      imageSize: RRG_SIZE,
      stemWidth: 8,
      planes: [8, 16, 24, 32],
      blocks: [1, 1, 1, 1],
      anchors: { sizes: [12, 24, 40, 64, 100], ratios: [0.25, 0.5, 1, 2, 4] },
      representationSize: 96,
      regionFeatureDim: WIDTH,
      rpn: {
        training: { preNms: 200, postNms: 120 },
        evaluation: { preNms: 150, postNms: 100 },
        sampleSize: 128,
      },
      roi: { sampleSize: 64, positiveFraction: 0.5 },
    },
    regionSelector: { inputDim: WIDTH, hidden: [32, 16], thresholdLogit },
    reportGen: {
      numLayers: 2,
      numHeads: 4,
      width: WIDTH,
      ffnWidth: 4 * WIDTH,
      vocabSize: Object.keys(vocab).length,
      numPositions: 48,
      regionFeatureDim: WIDTH,
      bosTokenId: end,
      eosTokenId: end,
      padTokenId: end,
      positionTable: 'position',
    },
  });
}

/** The paper's contrastive model, made small. */
const rclipConfig = (vocabSize: number): RclipConfig =>
  parseRclipConfig({
    imageEncoder: { imageSize: RCLIP_SIZE, stemWidth: 8, planes: [8, 16, 32, 48], blocks: [1, 1, 1, 1] },
    textEncoder: {
      vocabSize,
      width: WIDTH,
      numLayers: 2,
      numHeads: 4,
      ffnWidth: 2 * WIDTH,
      numPositions: 96,
      maxLength: 96,
    },
    embeddingDim: WIDTH,
  });

const provenance = (name: string) => ({
  name,
  version: '1',
  licence: 'MIT',
  trainingData: 'none: every number is drawn at random',
  source: 'recipes/mini',
  modelCard: `# ${name}\n\nEvery number is drawn at random: what training starts from. Research software, not a medical device.\n`,
});

/** Writes the report model that training starts from; its vocabulary is learned from phrases of the split train. */
export async function writeUntrainedRrg(
  folder: string,
  seed: number,
  phrases: readonly string[],
  selectionThreshold: number,
): Promise<void> {
  const vocabulary = trainBpe(phrases, { vocabSize: 400 });
  const config = rrgConfig(vocabulary, selectionThreshold);
  await writeReportModelBundle(folder, {
    ...provenance('mini-rrg-untrained'),
    config,
    vocabulary,
    weights: initializeParameters(rrgSpecs(config, { trainBase: true }), createRandom(seed)),
    preprocessing: preprocessConfig({ size: RRG_SIZE }),
  });
}

/** Writes the contrastive model that training starts from; its vocabulary is learned from reports of the split train. */
export async function writeUntrainedRclip(
  folder: string,
  seed: number,
  texts: readonly string[],
): Promise<void> {
  const vocabulary = trainWordPieces(
    texts.map((text) => text.toLowerCase()),
    { vocabSize: 200 },
  );
  const config = rclipConfig(vocabulary.length);
  await writeRclipBundle(folder, {
    ...provenance('mini-rclip-untrained'),
    config,
    vocabulary,
    weights: initializeParameters(rclipSpecs(config), createRandom(seed)),
    preprocessing: { ...IMAGENET_PREPROCESSING, size: RCLIP_SIZE },
  });
}
