import { createRandom } from '@crrg/core';
import { float32, sizeOf, type HostTensor } from '@crrg/tensor';
import { parseDetectorConfig } from '../config.js';

/** The smallest detector: one channel a stage, four anchors a cell, three regions. For tests of this package. @internal */
export const MICRO_CONFIG = parseDetectorConfig({
  imageSize: 64,
  stemWidth: 1,
  planes: [1, 1, 1, 1],
  blocks: [1, 1, 1, 1],
  anchors: { sizes: [20, 40], ratios: [0.5, 1] },
  rpn: { sampleSize: 8, evaluation: { preNms: 8, postNms: 4 }, training: { preNms: 16, postNms: 16 } },
  roi: { sampleSize: 6 },
  representationSize: 3,
  numRegions: 3,
  regionFeatureDim: 2,
});

/** Standard normal numbers. @internal */
export function randomTensor(shape: readonly number[], seed: number): HostTensor<'float32'> {
  const random = createRandom(seed);
  return float32(
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
}
