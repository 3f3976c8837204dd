import type { RclipPretrainingSettings, RclipStageSettings } from '@crrg/train';
import { parseRclipConfig, type RclipConfig } from '@crrg/rclip';

/** Side of the network input in pixels. */
export const IMAGE_SIZE = 112;

/** What the probe tells. */
export const LABELS = ['Pneumonia'] as const;

/** Architecture of the demonstration model: the paper's, made small. */
export function tinyRclipConfig(vocabSize: number): RclipConfig {
  return parseRclipConfig({
    imageEncoder: { imageSize: IMAGE_SIZE, stemWidth: 16, planes: [16, 32, 64, 96], blocks: [1, 1, 2, 1] },
    textEncoder: {
      vocabSize,
      width: 96,
      numLayers: 2,
      numHeads: 4,
      ffnWidth: 256,
      numPositions: 64,
      maxLength: 64,
    },
    embeddingDim: 96,
    probe: { labels: LABELS },
  });
}

/** The paper's settings with the learning rate and length that a small network from scratch needs. */
export const PRETRAINING: RclipPretrainingSettings = {
  epochs: 20,
  warmupEpochs: 1,
  batchSize: 32,
  learningRate: 1e-3,
  weightDecay: 1e-4,
  multiViewWeight: 1,
  imageWeight: 1,
  textWeight: 0.5,
  dropout: 0,
};

/** On frozen features. */
export const PROBE: RclipStageSettings = {
  epochs: 40,
  warmupEpochs: 1,
  batchSize: 64,
  learningRate: 3e-3,
  weightDecay: 1e-4,
};
