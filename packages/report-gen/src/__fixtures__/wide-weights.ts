import { createRandom } from '@crrg/core';
import { float32, initializeParameters, sizeOf, type HostTensor } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import { reportGenSpecs } from '../specs.js';

/** Weights from `-limit` to `limit`: larger than the initialisation, so that attention and positions matter. */
export function wideWeights(config: ReportGenConfig, seed: number, limit: number): Map<string, HostTensor> {
  const random = createRandom(seed);
  const weights = initializeParameters(reportGenSpecs(config), random);
  for (const [name, { shape }] of weights) {
    const source = random.fork(`${name}/wide`);
    const data = Float32Array.from({ length: sizeOf(shape) }, () => source.uniform(-limit, limit));
    weights.set(name, float32(shape, data));
  }
  return weights;
}
