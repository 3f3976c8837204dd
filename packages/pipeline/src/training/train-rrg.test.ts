import { createOnnxBackend } from '@crrg/backend-onnx';
import { ANATOMICAL_REGIONS, createRandom } from '@crrg/core';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { createMemoryStore, type TrainEvent } from '@crrg/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-model.js';
import { rrgSpecs } from '../rrg-config.js';
import type { RrgStage } from './rrg-losses.js';
import type { RrgStageSettings } from './rrg-presets.js';
import { trainRrg, type RrgSampleSource, type RrgTrainOptions } from './train-rrg.js';

const config = microConfig();
const SIDE = config.detector.imageSize;
const { bosTokenId, eosTokenId } = config.reportGen;

/** A film with a bright square for each of three regions; the first has a phrase. */
function film(shift: number): RrgSampleSource {
  const corners = [8, 48, 88].map((at) => at + shift);
  const image = new Float32Array(SIDE * SIDE);
  for (const at of corners)
    for (let y = at; y < at + 32; y++) image.fill(1, y * SIDE + at, y * SIDE + at + 32);
  const perRegion = <T>(value: (region: number) => T) => ANATOMICAL_REGIONS.map((_, region) => value(region));
  return () => ({
    image,
    groundTruth: {
      boxes: Float32Array.from(corners.flatMap((at) => [at, at, at + 32, at + 32])),
      regions: Int32Array.of(0, 1, 2),
    },
    phrases: perRegion((region) => (region === 0 ? [bosTokenId, 40, 41, 42, eosTokenId] : undefined)),
    isAbnormal: perRegion((region) => region === 1),
  });
}

const films = [0, 2, 4, 6].map(film);
const settings: RrgStageSettings = {
  epochs: 2,
  batchSize: 2,
  accumulate: 1,
  learningRate: 1e-3,
  factor: 0.5,
  patience: 5,
  cooldown: 5,
};

let backend: Backend;
let start: Map<string, HostTensor>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  start = initializeParameters(rrgSpecs(config), createRandom(1));
});
afterAll(() => backend.dispose());

const run = (options: Partial<RrgTrainOptions> & { stage: RrgStage }) =>
  trainRrg({
    backend,
    config,
    weights: start,
    train: films,
    valid: films.slice(0, 2),
    settings,
    seed: 41,
    ...options,
  });

const changed = (weights: ReadonlyMap<string, HostTensor>) =>
  new Set(
    [...weights].flatMap(([name, { data }]) =>
      data.some((value, index) => value !== start.get(name)!.data[index]) ? [name] : [],
    ),
  );

describe('trainRrg', () => {
  it('moves in each stage what that stage trains', async () => {
    const detector = changed((await run({ stage: 'detector' })).weights);
    expect(detector).toContain('detector.backbone.conv1.weight');
    expect([...detector].filter((name) => !name.startsWith('detector.'))).toEqual([]);

    const classifiers = changed((await run({ stage: 'classifiers' })).weights);
    expect([...classifiers].some((name) => name.startsWith('regionSelector.'))).toBe(true);
    expect([...classifiers].some((name) => name.startsWith('reportGen.'))).toBe(false);

    const full = changed((await run({ stage: 'full' })).weights);
    expect(full).toContain('reportGen.featureMlp.fc1.weight');
    expect(full).toContain('reportGen.layers.0.attention.imageKey.weight');
    expect(full).not.toContain('reportGen.tokenTable.weight');
  });

  it('goes on after a stop as if it had not been stopped, bit for bit, with dropout', async () => {
    const full = { stage: 'full', settings: { ...settings, dropout: 0.2 } } as const;
    const whole = await run(full);
    const store = createMemoryStore();
    const controller = new AbortController();
    const stopped = run({
      ...full,
      store,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'batch-end' && event.position.batchesDone === 3)
          controller.abort(new Error('stop'));
      },
    });
    await expect(stopped).rejects.toThrow('stop');
    const resumed = await run({ ...full, store, resume: true });
    expect(resumed.steps).toBe(whole.steps);
    for (const [name, tensor] of whole.weights) expect(resumed.weights.get(name), name).toEqual(tensor);
  });

  it('drops activations of GPT-2 in the full stage only', async () => {
    const firstLoss = async (stage: RrgStage, dropout: number) => {
      const events: TrainEvent[] = [];
      await run({
        stage,
        settings: { ...settings, epochs: 1, dropout },
        onProgress: (event) => events.push(event),
      });
      const batch = events.find((event) => event.type === 'batch-end');
      return batch?.type === 'batch-end' ? batch.metrics : undefined;
    };
    expect(await firstLoss('classifiers', 0.5)).toEqual(await firstLoss('classifiers', 0));
    const [none, half] = [await firstLoss('full', 0), await firstLoss('full', 0.5)];
    expect(half!['selection']).toBe(none!['selection']);
    expect(half!['languageModel']).not.toBe(none!['languageModel']);
  });
});
