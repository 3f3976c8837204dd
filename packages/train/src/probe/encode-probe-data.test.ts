import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { greyImage, IMAGENET_PREPROCESSING } from '@crrg/image';
import { rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { expect, it } from 'vitest';
import { MICRO_PRETRAINING } from '../__fixtures__/micro-training.js';
import { encodeProbeData } from './encode-probe-data.js';

it('encodes training films a few times, each time changed, and validation films once as they are', async () => {
  const random = createRandom(6);
  const film = greyImage(
    50,
    40,
    Uint8Array.from({ length: 2000 }, () => random.integer(256)),
  );
  const backend = await createOnnxBackend({ threads: 1 });
  try {
    const heard: [string, number][] = [];
    const options = {
      train: [
        { film, targets: [1] },
        { film, targets: [0] },
      ],
      valid: [{ film, targets: [1] }],
      load: (image: typeof film) => image,
      preprocessing: { ...IMAGENET_PREPROCESSING, size: 32 },
      seed: 9,
      backend,
      config: MICRO_PRETRAINING,
      weights: initializeParameters(rclipSpecs(MICRO_PRETRAINING), createRandom(1)),
      onFilm: (split: string, done: number) => void heard.push([split, done]),
    };
    const { train, valid } = await encodeProbeData(options);
    expect(train).toHaveLength(4);
    const first = train.map(({ features }) => features.data.slice(0, features.shape[1]).join());
    expect(new Set(first).size).toBe(4);
    for (const { targets } of train) expect([...targets.data]).toEqual([1, 0]);
    expect(valid.targets.shape).toEqual([1, 1]);
    expect(heard.slice(-3)).toEqual([
      ['train', 1],
      ['train', 2],
      ['valid', 1],
    ]);
    const again = await encodeProbeData({ ...options, passes: 2 });
    expect(again.train).toEqual(train.slice(0, 2));
    expect(again.valid).toEqual(valid);
    const other = await encodeProbeData({ ...options, passes: 1, seed: 10 });
    expect(other.train[0]!.features).not.toEqual(train[0]!.features);
    expect(other.valid).toEqual(valid);
  } finally {
    backend.dispose();
  }
});
