import { createRequire } from 'node:module';
import { join } from 'node:path';
import { testBackend } from '@crrg/tensor/testing';
import { describe, it } from 'vitest';
import { createTfjsBackend } from './index.js';
import type { Tf } from './tf.js';

/** A folder that `scripts/build-tfjs-node.mjs` made. */
const built = process.env['CRRG_TFJS_NODE'];

if (built) {
  const tf = createRequire(join(built, 'package.json'))('@tensorflow/tfjs-node') as Tf;
  testBackend('tfjs node', () => createTfjsBackend({ engine: 'node', tf }));
} else {
  describe('tfjs node', () => {
    it.skip('conforms; build it with scripts/build-tfjs-node.mjs and name its folder in CRRG_TFJS_NODE', () => {});
  });
}
