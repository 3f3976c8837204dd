import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { lowestIndexSampler } from '@crrg/detector';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { parseRrgConfig, rrgSpecs } from '@crrg/pipeline';
import { createProposalPass } from './proposal-pass.js';
import type { RrgSample } from './rrg-batch.js';

const micro = microConfig();
const config = parseRrgConfig({
  ...micro,
  detector: {
    ...micro.detector,
    rpn: {
      ...micro.detector.rpn,
      nmsIouThreshold: 1,
      training: { preNms: 9, postNms: 5 },
      evaluation: { preNms: 100, postNms: 12 },
    },
  },
});
const samples = [0, 4].map((shift) => microFilm(shift)(createRandom(1)) as RrgSample);

let backend: Backend;
let weights: Record<string, HostTensor>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  weights = Object.fromEntries(initializeParameters(rrgSpecs(config), createRandom(1)));
});
afterAll(() => backend.dispose());

async function targetsOf(training: boolean) {
  const pass = await createProposalPass({ backend, config, batch: 2, training });
  const targets = await pass.targets(samples, weights, lowestIndexSampler);
  pass.dispose();
  return targets;
}

describe('the boxes that a training step learns from', () => {
  it('are as many proposals as the limits of training or of evaluation keep, and the three annotated boxes', async () => {
    const counts = async (training: boolean) =>
      (await targetsOf(training)).map(({ roi }) => roi.labels.length);
    expect(await counts(true)).toEqual([5 + 3, 5 + 3]);
    expect(await counts(false)).toEqual([12 + 3, 12 + 3]);
  });

  it('come in training from the statistics of the batch, in evaluation from the running ones', async () => {
    const other = Object.fromEntries(
      Object.entries(weights).map(([name, tensor]) => [
        name,
        name.endsWith('running_mean')
          ? { ...tensor, data: tensor.data.map(() => 3) as Float32Array }
          : tensor,
      ]),
    ) as typeof weights;
    const boxes = async (training: boolean, parameters: typeof weights) => {
      const pass = await createProposalPass({ backend, config, batch: 2, training });
      const [first] = await pass.targets(samples, parameters, lowestIndexSampler);
      pass.dispose();
      return [...first!.roi.boxes];
    };
    expect(await boxes(true, other)).toEqual(await boxes(true, weights));
    expect(await boxes(false, other)).not.toEqual(await boxes(false, weights));
  });
});
