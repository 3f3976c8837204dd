import { createRandom } from '@crrg/core';
import { initializeParameters, type HostTensor } from '@crrg/tensor';
import { parseRclipConfig, type RclipConfig } from '../config.js';
import { rclipSpecs } from '../specs.js';
import type { TextTokenizer } from '../text-batches.js';

/** Ids of {@link microTokenizer}. @internal */
export const MICRO_IDS = { pad: 0, begin: 1, end: 2, first: 3 };

/** The smallest whole model: 32 pixels, one block a stage, two layers of width 8, embeddings of 6, two labels. @internal */
export function microConfig(overrides: object = {}): RclipConfig {
  return parseRclipConfig({
    imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
    textEncoder: {
      vocabSize: 30,
      width: 8,
      numLayers: 2,
      numHeads: 2,
      ffnWidth: 12,
      numPositions: 12,
      maxLength: 10,
    },
    embeddingDim: 6,
    probe: { labels: ['Pneumonia', 'Effusion'], thresholds: [0.4, 0.5], temperatures: [2, 1] },
    ...overrides,
  });
}

/** Which parameters of {@link microWeights} are not as at the start of training, and their ranges; the first row that fits counts. */
const RANGES: readonly (readonly [pattern: RegExp, low: number, high: number])[] = [
  [/running_mean$/, -0.2, 0.2],
  [/(running_var|norm\w*\.weight|(bn\d|downsample\.1)\.weight)$/i, 0.5, 1.5],
  [/(bn\d|downsample\.1)\.bias$/, -0.5, 1],
  [/(Table|attention|ffn)\S*weight$/, -0.6, 0.6],
];

/** Random weights of a configuration under which no layer is all zeros and no norm is at its start. @internal */
export function microWeights(config: RclipConfig): Map<string, HostTensor> {
  const weights = initializeParameters(rclipSpecs(config), createRandom(7));
  const random = createRandom(8);
  for (const [name, { data }] of weights) {
    const range = RANGES.find(([pattern]) => pattern.test(name));
    if (!range) continue;
    for (let i = 0; i < data.length; i++) data[i] = random.uniform(range[1], range[2]);
  }
  return weights;
}

/** One token per letter, a to z. @internal */
export const microTokenizer: TextTokenizer = {
  vocabSize: 30,
  padTokenId: MICRO_IDS.pad,
  encode: (text, { maxLength }) => {
    const ids = [...text.toLowerCase()].flatMap((letter) =>
      letter >= 'a' && letter <= 'z' ? [MICRO_IDS.first + letter.charCodeAt(0) - 97] : [],
    );
    return {
      tokenIds: [MICRO_IDS.begin, ...ids.slice(0, maxLength - 2), MICRO_IDS.end],
      isTruncated: ids.length > maxLength - 2,
    };
  },
};
