import { createOnnxBackend } from '@crrg/backend-onnx';
import { ConfigError, createRandom } from '@crrg/core';
import { computeRetrieval, createRclip, rclipSpecs, type TextTokenizer } from '@crrg/rclip';
import { float32, initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { createMemoryStore, type TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RclipPretrainingSettings } from './rclip-presets.js';
import { MICRO_PRETRAINING } from '../__fixtures__/micro-training.js';
import { trainRclip, type RclipSampleSource, type RclipTrainOptions } from './train-rclip.js';

const config = MICRO_PRETRAINING;
const SIDE = config.imageEncoder.imageSize;

const settings: RclipPretrainingSettings = {
  epochs: 80,
  warmupEpochs: 1,
  batchSize: 4,
  learningRate: 1e-2,
  weightDecay: 1e-4,
  multiViewWeight: 1,
  imageWeight: 1,
  textWeight: 0.5,
  dropout: 0,
};

/** Study `n`: its own bright channel (the fourth has none) and a word that names it; noise and a second word differ from view to view. */
function study(n: number): RclipSampleSource {
  return (random) => {
    const image = () => {
      const data = Float32Array.from({ length: 3 * SIDE * SIDE }, () => 0.1 * random.normal());
      if (n < 3) for (let i = 0; i < SIDE * SIDE; i++) data[n * SIDE * SIDE + i]! += 2;
      return data;
    };
    const text = () => [1, 4 + n, 10 + random.integer(3), 2];
    return { images: [image(), image()], texts: [text(), text().slice(0, 3)] };
  };
}

/** Texts that are written as token ids. */
const numbers: TextTokenizer = {
  vocabSize: 16,
  padTokenId: 0,
  encode: (text) => ({ tokenIds: text.split(' ').map(Number), isTruncated: false }),
};

const studies = [0, 1, 2, 3].map(study);
let backend: Backend;
let start: Map<string, HostTensor>;

beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  start = initializeParameters(rclipSpecs(config), createRandom(1));
});
afterAll(() => backend.dispose());

const run = (options: Partial<RclipTrainOptions> = {}) =>
  trainRclip({
    backend,
    config,
    weights: start,
    train: studies,
    valid: studies,
    settings,
    seed: 7,
    ...options,
  });

describe('the start of trainRclip', () => {
  it('refuses weights that are not finite, by name', async () => {
    const weights = initializeParameters(rclipSpecs(config), createRandom(1));
    weights.set('logitScale', float32([], [NaN]));
    const run = trainRclip({
      backend,
      config,
      weights,
      train: [],
      valid: [],
      settings,
      seed: 1,
      padTokenId: 0,
    });
    await expect(run).rejects.toThrow(/trainRclip: expected weights of finite .* logitScale has 1/);
  });
});

describe('pre-training', () => {
  it('learns which image belongs to which text', async () => {
    const events: TrainEvent[] = [];
    const store = createMemoryStore();
    const { weights, best, steps } = await run({ store, onProgress: (event) => events.push(event) });
    expect(steps).toBe(80);
    const losses = events.flatMap((event) => (event.type === 'batch-end' ? [event] : []));
    expect(losses[0]!.learningRate).toBe(0);
    expect(losses[1]!.learningRate).toBeCloseTo(1e-2, 12);
    expect(losses[0]!.metrics['temperature']).toBeCloseTo(0.07, 6);
    expect(Object.keys(losses[0]!.metrics).sort()).toEqual([
      'imageContrastive',
      'multiView',
      'temperature',
      'textContrastive',
    ]);
    expect(losses.at(-1)!.loss).toBeLessThan(0.1 * losses[0]!.loss);
    expect(best!.loss).toBeLessThan(0.1 * losses[0]!.loss);
    const { tensors: bestWeights } = (await store.load('best'))!;
    expect([...bestWeights.keys()].sort()).toEqual([...weights.keys()].sort());

    // New draws of the same kinds: images find their texts (a quarter would by chance).
    const model = createRclip({ config, weights: bestWeights, backend, tokenizer: numbers });
    const random = createRandom(99);
    const samples = await Promise.all(studies.map((source) => source(random)));
    const pixels = new Float32Array(4 * 3 * SIDE * SIDE);
    samples.forEach(({ images }, index) => pixels.set(images[0], index * 3 * SIDE * SIDE));
    const { embeddings } = await model.encodeImage(float32([4, 3, SIDE, SIDE], pixels));
    const keys = samples.map(({ texts }) => texts[0].join(' '));
    const texts = await model.encodeText(keys);
    expect(computeRetrieval({ images: embeddings!, texts, keys }).recallAt1).toBeGreaterThanOrEqual(0.75);
    model.dispose();
  }, 120_000);

  it('goes on after a stop as if it had not been stopped, bit for bit', async () => {
    const short = { ...settings, epochs: 4, dropout: 0.2 };
    const whole = await run({ settings: short });
    const store = createMemoryStore();
    const controller = new AbortController();
    const stopped = run({
      settings: short,
      store,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'epoch-end' && event.position.epoch === 1) controller.abort(new Error('stop'));
      },
    });
    await expect(stopped).rejects.toThrow('stop');
    const resumed = await run({ settings: short, store, resume: true });
    expect(resumed.steps).toBe(whole.steps);
    for (const [name, tensor] of whole.weights) expect(resumed.weights.get(name), name).toEqual(tensor);
  });

  it('drops activations of the text encoder in training, by the seed, and none in evaluation', async () => {
    const losses = async (dropout: number, seed: number) => {
      const seen: { batch: number[]; valid: number[] } = { batch: [], valid: [] };
      await run({
        settings: { ...settings, epochs: 1, dropout },
        train: studies.map(() => study(0)),
        valid: studies,
        seed,
        onProgress: (event) => {
          if (event.type === 'batch-end') seen.batch.push(event.metrics['textContrastive']!);
          if (event.type === 'evaluation-end') seen.valid.push(event.loss);
        },
      });
      return seen;
    };
    const [none, some, again, other] = [
      await losses(0, 7),
      await losses(0.3, 7),
      await losses(0.3, 7),
      await losses(0.3, 8),
    ];
    expect(some).toEqual(again);
    expect(some.batch).not.toEqual(none.batch);
    expect(some.batch).not.toEqual(other.batch);
    // The first learning rate of the warm-up is 0: what is evaluated has not moved.
    expect(some.valid).toEqual(none.valid);
  });

  it('leaves frozen parameters alone and moves the running statistics', async () => {
    const once = { ...settings, epochs: 2 };
    const { weights } = await run({ settings: once, frozen: ['textEncoder.'] });
    const name = 'textEncoder.layers.0.ffn.expand.weight';
    expect(weights.get(name)).toEqual(start.get(name));
    expect(weights.get('imageEncoder.conv1.weight')).not.toEqual(start.get('imageEncoder.conv1.weight'));
    expect(weights.get('imageEncoder.bn1.running_mean')).not.toEqual(
      start.get('imageEncoder.bn1.running_mean'),
    );
  });

  it('validates on every sample, each with the same weight, those of a short last batch too', async () => {
    // The first rate of the warm-up is 0: what is evaluated are the starting values with moved statistics, the same each time.
    const lossOf = async (valid: typeof studies) => {
      const seen: TrainEvent[] = [];
      const fixed = valid.map<RclipSampleSource>((_, n) => () => study(n % 4)(createRandom(n % 4)));
      await run({
        settings: { ...settings, epochs: 1 },
        valid: fixed,
        onProgress: (event) => seen.push(event),
      });
      return seen.flatMap((event) => (event.type === 'evaluation-end' ? [event.loss] : []));
    };
    const [whole] = await lossOf(studies);
    const [pair] = await lossOf(studies.slice(0, 2));
    const [both] = await lossOf([...studies, ...studies.slice(0, 2)]);
    expect(both).toBeCloseTo((4 * whole! + 2 * pair!) / 6, 5);
    expect(Math.abs(whole! - pair!)).toBeGreaterThan(0.01);
  });

  it('skips a batch that fails where asked to, and counts it', async () => {
    const broken: RclipSampleSource = () => {
      throw new Error('out of memory');
    };
    const blind: RclipSampleSource = async (random) => {
      const { images, texts } = await studies[0]!(random);
      return { images: [images[0].map(() => NaN), images[1]], texts };
    };
    for (const [bad, options, problem] of [
      [broken, { skipOnError: () => true }, 'out of memory'],
      [blind, { onNonFinite: 'skip' }, 'expected a finite loss, got NaN'],
    ] as const) {
      const some = { settings: { ...settings, epochs: 1, batchSize: 2 }, train: [...studies.slice(1), bad] };
      expect(await run({ ...some, ...options })).toMatchObject({ steps: 1, batchesSkipped: 1 });
      await expect(run(some)).rejects.toThrow(problem);
    }
  });

  it('needs a batch of samples and a text encoder', async () => {
    await expect(run({ train: studies.slice(1) })).rejects.toThrow(
      'train.trainRclip: expected at least one batch of 4 samples, got 3 samples; lower the batch size or give more.',
    );
    await expect(run({ config: { ...config, textEncoder: null } })).rejects.toThrow(ConfigError);
    await expect(run({ valid: [] })).rejects.toThrow('expected at least one validation sample, got none');
    const alone = 'expected at least 2 samples in a batch and in the validation, got';
    await expect(run({ valid: studies.slice(0, 1) })).rejects.toThrow(`${alone} 4 and 1;`);
    await expect(run({ settings: { ...settings, batchSize: 1 } })).rejects.toThrow(`${alone} 1 and 4;`);
  });
});
