import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import type { TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { rrgSpecs } from '@crrg/pipeline';
import type { RrgSample, RrgSampleSource } from './rrg-batch.js';
import { networkSpecs, STAGE_NETWORKS } from './stage-parameters.js';
import { trainRrg, type RrgTrainOptions } from './train-rrg.js';

const config = microConfig();
const { numRegions, imageSize } = config.detector;
const films = [0, 2, 4, 6].map(microFilm);
const settings = {
  ...{ epochs: 1, batchSize: 2, accumulate: 1, learningRate: 1e-3 },
  ...{ factor: 0.5, patience: 5, cooldown: 5 },
};

let backend: Backend;
let start: Map<string, HostTensor>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  start = initializeParameters(rrgSpecs(config), createRandom(1));
});
afterAll(() => backend.dispose());

/** The films with other fields. */
const changed =
  (fields: (sample: RrgSample) => Partial<RrgSample>) =>
  (film: RrgSampleSource): RrgSampleSource =>
  async (random) => {
    const sample = await film(random);
    return { ...sample, ...fields(sample) };
  };

async function train(options: Partial<RrgTrainOptions> & Pick<RrgTrainOptions, 'stage'>) {
  const events: TrainEvent[] = [];
  const { weights } = await trainRrg({
    ...{ backend, config, weights: start, train: films, valid: films, settings, seed: 41 },
    ...options,
    onProgress: (event) => events.push(event),
  });
  const losses = events.flatMap((event) =>
    event.type.endsWith('-end') && 'metrics' in event ? [event.metrics] : [],
  );
  return { weights, losses };
}

/** Nothing is known of the regions from the third on. */
const KNOWN = 2;
const picture = { x1: 0, y1: 0, x2: imageSize, y2: imageSize };
const partly = changed(({ groundTruth }) => ({
  groundTruth: {
    boxes: groundTruth.boxes.slice(0, 4 * KNOWN),
    regions: groundTruth.regions.slice(0, KNOWN),
    partialIn: picture,
  },
  isAnnotated: Array.from({ length: numRegions }, (_, region) => region < KNOWN),
}));

describe('training on films that say nothing of some regions', () => {
  it('reads nothing that is said of such a region, and blames no box for being one', async () => {
    const partial = films.map(partly);
    const noise = changed(({ phrases, isAbnormal }) => ({
      phrases,
      isAbnormal: isAbnormal.map((is, region) => (region < KNOWN ? is : !is)),
    }));
    const options = { stage: 'full', partial: true } as const;
    const first = await train({ ...options, train: partial, valid: partial });
    const second = await train({ ...options, train: partial.map(noise), valid: partial.map(noise) });
    expect(second.losses).toEqual(first.losses);
    const known = await train({ stage: 'full' });
    expect(known.losses[0]!['selection']).not.toBe(first.losses[0]!['selection']);
    expect(known.losses[0]!['classifier']).toBeGreaterThan(first.losses[0]!['classifier']!);
  });

  it('has the same losses as without where every region is annotated', async () => {
    const stage = 'full';
    expect((await train({ stage, partial: true })).losses).toEqual((await train({ stage })).losses);
  });

  it('is refused where it was not asked for', async () => {
    await expect(train({ stage: 'detector', train: films.map(partly) })).rejects.toThrow(
      'expected samples with every region annotated, got one without; train with `partial` true.',
    );
  });
});

it('a stage needs no weights of the networks that it does not run, and trains the same without', async () => {
  for (const stage of ['detector', 'classifiers'] as const) {
    const names = Object.keys(networkSpecs(config, STAGE_NETWORKS[stage]));
    const few = new Map(names.map((name) => [name, start.get(name)!]));
    const [small, whole] = [await train({ stage, weights: few }), await train({ stage })];
    expect([...small.weights.keys()]).toEqual(names);
    for (const name of names) expect(small.weights.get(name), name).toEqual(whole.weights.get(name));
  }
});
