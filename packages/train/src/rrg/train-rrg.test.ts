import { createOnnxBackend } from '@crrg/backend-onnx';
import { ConfigError, createRandom } from '@crrg/core';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { createMemoryStore, type TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { rrgSpecs } from '@crrg/pipeline';
import type { RrgStage } from './rrg-losses.js';
import type { RrgStageSettings } from './rrg-presets.js';
import { trainRrg, type RrgTrainOptions } from './train-rrg.js';

const config = microConfig();

const films = [0, 2, 4, 6].map(microFilm);
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

/** The same with everything that was reported. */
async function observe(options: Partial<RrgTrainOptions> & { stage: RrgStage }) {
  const events: TrainEvent[] = [];
  const result = await run({ ...options, onProgress: (event) => events.push(event) });
  return {
    result,
    events,
    batches: events.flatMap((event) => (event.type === 'batch-end' ? [event] : [])),
    evaluations: events.flatMap((event) => (event.type === 'evaluation-end' ? [event] : [])),
  };
}

const changed = (weights: ReadonlyMap<string, HostTensor>) =>
  new Set(
    [...weights].flatMap(([name, { data }]) =>
      data.some((value, index) => value !== start.get(name)!.data[index]) ? [name] : [],
    ),
  );

describe('trainRrg', () => {
  it('refuses start weights that are not finite, by name', async () => {
    const name = 'detector.backbone.conv1.weight';
    const { shape, data } = start.get(name)!;
    const broken = { dtype: 'float32', shape, data: Float32Array.from(data).fill(NaN, 0, 1) } as const;
    const weights = new Map(start).set(name, broken);
    await expect(run({ stage: 'detector', weights })).rejects.toThrow(
      `trainRrg: expected weights of finite numbers and variances of at least 0, got others: ${name} has 1`,
    );
  });

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

  it('adds up the four detector losses, 5 times each classifier and 2 times the text', async () => {
    const weights = { selection: 5, abnormality: 5, languageModel: 2 } as Record<string, number>;
    const parts = {
      detector: ['classifier', 'boxRegression', 'objectness', 'rpnBoxRegression'],
      classifiers: ['selection', 'abnormality'],
      full: ['languageModel'],
    };
    let expected: string[] = [];
    for (const stage of ['detector', 'classifiers', 'full'] as const) {
      expected = [...expected, ...parts[stage]];
      const { batches, evaluations } = await observe({ stage });
      for (const { loss, metrics } of [...batches, ...evaluations]) {
        expect(Object.keys(metrics).sort()).toEqual([...expected].sort());
        const sum = expected.reduce((total, name) => total + (weights[name] ?? 1) * metrics[name]!, 0);
        expect(loss / sum).toBeCloseTo(1, 5);
        expect(Math.min(...Object.values(metrics))).toBeGreaterThan(0);
      }
    }
  });

  it('validates on every film, each with the same weight, those of a short last batch too', async () => {
    const once = { ...settings, epochs: 1 };
    const lossOf = async (valid: typeof films) =>
      (await observe({ stage: 'classifiers', settings: once, valid })).evaluations[0]!;
    const [two, one, three] = [
      await lossOf(films.slice(0, 2)),
      await lossOf(films.slice(2, 3)),
      await lossOf(films.slice(0, 3)),
    ];
    expect(three.loss).toBeCloseTo((2 * two.loss + one.loss) / 3, 5);
    for (const [name, value] of Object.entries(three.metrics))
      expect(value).toBeCloseTo((2 * two.metrics[name]! + one.metrics[name]!) / 3, 5);
    expect(Math.abs(two.loss - one.loss)).toBeGreaterThan(1e-3);
  });

  it('leaves a remainder of an epoch out of that epoch, and takes others in the next', async () => {
    const seen: number[][] = [[], [], [], []];
    let epoch = 0;
    const counting = films.map<(typeof films)[number]>((film, index) => (random) => {
      seen[epoch]!.push(index);
      return film(random);
    });
    await run({
      stage: 'detector',
      train: counting.slice(0, 3),
      valid: films.slice(0, 1),
      settings: { ...settings, epochs: 4 },
      onProgress: (event) => void (event.type === 'epoch-end' && epoch++),
    });
    expect(seen.map((films) => new Set(films).size)).toEqual([2, 2, 2, 2]);
    expect(new Set(seen.flat()).size).toBe(3);
  });

  it('refuses data that would train nothing or never be evaluated, with the numbers', async () => {
    const refusal = (options: Partial<RrgTrainOptions>) =>
      run({ stage: 'detector', ...options }).then(
        () => 'accepted',
        (error: unknown) => (error instanceof ConfigError ? error.message : error),
      );
    expect(await refusal({ train: films.slice(0, 1) })).toBe(
      'train.trainRrg: expected at least one batch of 2 samples, got 1 samples; lower the batch size or give more.',
    );
    expect(await refusal({ valid: [] })).toBe(
      'train.trainRrg: expected at least one validation sample, got none; give some, they choose the best parameters.',
    );
    expect(await refusal({ settings: { ...settings, batchSize: 0 } })).toContain(
      'a batch size of at least 1, got 0',
    );
    expect(await refusal({ settings: { ...settings, accumulate: 3 } })).toBe(
      'train.trainRrg: expected at least 3 batches between evaluations, one update, got 2; accumulate fewer, evaluate later or give more samples.',
    );
    expect(await refusal({ settings: { ...settings, accumulate: 2, evaluateEvery: 1 } })).toContain('got 1;');
  });

  it('skips a batch that fails or has no finite loss where asked to, and counts it', async () => {
    const broken: (typeof films)[number] = () => {
      throw new Error('out of memory');
    };
    const blind: (typeof films)[number] = async (random) => {
      const film = await films[0]!(random);
      return { ...film, image: film.image.map(() => NaN) };
    };
    const data = {
      train: [films[0]!, films[1]!, broken, blind],
      settings: { ...settings, batchSize: 1, epochs: 1 },
    };
    const both = {
      onNonFinite: 'skip',
      skipOnError: (error: unknown) => String(error).includes('memory'),
    } as const;
    const { result, events } = await observe({ stage: 'detector', ...data, ...both });
    expect(result).toMatchObject({ steps: 2, batchesSkipped: 2 });
    const reasons = events.flatMap((event) => (event.type === 'batch-skip' ? [event.reason] : []));
    expect(reasons.sort()).toEqual(['Error: out of memory', 'loss NaN']);
    await expect(run({ stage: 'detector', ...data, onNonFinite: 'skip' })).rejects.toThrow('out of memory');
    await expect(run({ stage: 'detector', ...data, skipOnError: both.skipOnError })).rejects.toThrow(
      'expected a finite loss, got NaN',
    );
    const nothing = run({ stage: 'detector', ...data, ...both, train: [blind] });
    await expect(nothing).rejects.toThrow(
      'expected at least one update, got none from 1 batches, of which 1 were skipped',
    );
  });
});
