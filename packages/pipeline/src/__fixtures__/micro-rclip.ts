import { createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import type { RclipModel } from '../models/rclip-model.js';

/** A classifier over 64 pixels with two labels and random weights under which its features are alive. @internal */
export function microRclip(): RclipModel {
  const config = parseRclipConfig({
    imageEncoder: { imageSize: 64, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
    textEncoder: null,
    probe: { labels: ['Pneumonia', 'Effusion'], thresholds: [0.4, 0.6], temperatures: [2, 1] },
  });
  const weights = initializeParameters(rclipSpecs(config), createRandom(11));
  const random = createRandom(12);
  for (const [name, { data }] of weights) {
    const isShift = /(bn\d|downsample\.1)\.bias$/.test(name);
    if (isShift || name === 'probe.weight')
      for (let i = 0; i < data.length; i++) data[i] = random.uniform(isShift ? -0.5 : -1, isShift ? 1 : 2);
  }
  return {
    name: 'micro-rclip',
    version: '3',
    sha256: 'f'.repeat(64),
    config,
    preprocessing: { size: 64, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    weights,
    tokenizer: undefined,
  };
}
