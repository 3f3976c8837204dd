import { linearSpecs, prefixSpecs, type ParameterSpecs } from '@crrg/tensor';
import type { RegionSelectorConfig } from './config.js';

/** The two classifiers: same shape, separate weights. */
export const CLASSIFIERS = ['selection', 'abnormality'] as const;

/** Name of one of the two classifiers. */
export type Classifier = (typeof CLASSIFIERS)[number];

/** Parameters of both classifiers: `selection.fc1..fc3` and `abnormality.fc1..fc3`, weights `[out, in]`. */
export function regionSelectorSpecs(config: RegionSelectorConfig): ParameterSpecs {
  const widths = [config.inputDim, ...config.hidden, 1];
  const specs: Record<string, ParameterSpecs[string]> = {};
  for (const classifier of CLASSIFIERS) {
    for (let layer = 1; layer < widths.length; layer++) {
      Object.assign(
        specs,
        prefixSpecs(`${classifier}.fc${layer}`, linearSpecs(widths[layer - 1]!, widths[layer]!)),
      );
    }
  }
  return specs;
}
