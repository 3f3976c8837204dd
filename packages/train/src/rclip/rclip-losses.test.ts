import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { rclipSpecs } from '@crrg/rclip';
import { initializeParameters, runToHost, trace } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { MICRO_PRETRAINING } from '../__fixtures__/micro-training.js';
import { packRclipBatch, type RclipSample } from './rclip-batch.js';
import { rclipBatchInputs, rclipLossFunction } from './rclip-losses.js';

const config = MICRO_PRETRAINING;
const SIDE = config.imageEncoder.imageSize;

const random = createRandom(2);
const image = () => Float32Array.from({ length: 3 * SIDE * SIDE }, () => random.normal());
const sample = (word: number): RclipSample => ({
  images: [image(), image()],
  texts: [
    [1, word, 2],
    [1, word + 4, 2],
  ],
});

describe('the losses of a batch', () => {
  it('read both pictures and both texts of each study, each in its own parts', async () => {
    const loss = rclipLossFunction(config, { training: false });
    const graph = trace(
      { inputs: rclipBatchInputs(config, 2), parameters: rclipSpecs(config) },
      (ops, scope) => ({ ...loss(ops, scope).metrics }),
    );
    const backend = await createOnnxBackend({ threads: 1 });
    const weights = initializeParameters(rclipSpecs(config), createRandom(1));
    const executable = await backend.compile(graph, { weights });
    const batch = packRclipBatch([sample(4), sample(5)], config, 0);
    const other = packRclipBatch([sample(6), sample(7)], config, 0);
    const partsOf = async (name?: string) => {
      const inputs = name === undefined ? batch : { ...batch, [name]: other[name]! };
      const found = await runToHost(executable, inputs);
      return ['multiView', 'imageContrastive', 'textContrastive'].map((part) => found[part]!.data[0]!);
    };
    const before = await partsOf();
    const changed = async (name: string) => (await partsOf(name)).map((value, at) => value !== before[at]);
    expect(await changed('image')).toEqual([true, true, false]);
    expect(await changed('imageView')).toEqual([true, true, false]);
    expect(await changed('tokenIds')).toEqual([true, false, true]);
    expect(await changed('tokenIdsView')).toEqual([true, false, true]);
    backend.dispose();
  });
});
