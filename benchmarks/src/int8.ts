import { createRandom } from '@crrg/core';
import { rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import type { Benchmark } from './framework.js';
import { COUNT, measureInt8Cosines, openOurs, parseRclipSize } from './rclip-encoders.js';

/** How far 8-bit products move embeddings of texts, without a peer or a clock: the figure is the same on every processor, or int8 is wrong there. */
export const int8Benchmark: Benchmark = {
  name: 'int8',
  async run(context) {
    const size = context.options['size'] ?? 'full';
    const config = parseRclipSize(size);
    const weights = initializeParameters(rclipSpecs(config), createRandom(7));
    const exact = await openOurs(config, weights, 'float32');
    const rounded = await openOurs(config, weights, 'int8');
    context.note(`engines ${exact.engine}, ${rounded.engine}`);
    try {
      const { smallest, mean } = await measureInt8Cosines(exact, rounded);
      context.note(
        `Text encoder ${size}, generated weights, ${COUNT} texts of ${config.textEncoder!.maxLength} tokens: cosine of int8 to float32 embeddings at least ${smallest.toFixed(6)}, ${mean.toFixed(6)} on average`,
      );
      context.report({ name: 'int8/texts-error', value: 1 - mean, unit: '1 - mean cosine' });
      context.report({ name: 'int8/texts-largest-error', value: 1 - smallest, unit: '1 - smallest cosine' });
    } finally {
      exact.dispose();
      rounded.dispose();
    }
  },
};
