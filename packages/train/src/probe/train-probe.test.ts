import { createOnnxBackend } from '@crrg/backend-onnx';
import { ConfigError, ShapeError, createRandom } from '@crrg/core';
import { parseRclipConfig, probeSpecs, toProbability } from '@crrg/rclip';
import { float32, initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { createMemoryStore, type TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RclipStageSettings } from '../rclip/rclip-presets.js';
import { calibrateProbe, trainProbe, type ProbeData, type ProbeTrainOptions } from './train-probe.js';

const config = parseRclipConfig({
  imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
  textEncoder: null,
  probe: { labels: ['First', 'Second'] },
});
const WIDTH = 8;
const settings: RclipStageSettings = {
  epochs: 20,
  warmupEpochs: 1,
  batchSize: 16,
  learningRate: 0.05,
  weightDecay: 1e-4,
};

/** Features of which the first decides the first label, the second the second; a fifth of the second labels is not known. */
function draw(count: number, seed: number): ProbeData {
  const random = createRandom(seed);
  const features = Float32Array.from({ length: count * WIDTH }, () => random.normal());
  const targets = new Float32Array(count * 2);
  for (let row = 0; row < count; row++) {
    const drawn = (column: number) =>
      random.next() < toProbability(4 * features[row * WIDTH + column]!, 1) ? 1 : 0;
    targets[row * 2] = drawn(0);
    targets[row * 2 + 1] = random.next() < 0.2 ? NaN : drawn(1);
  }
  return { features: float32([count, WIDTH], features), targets: float32([count, 2], targets) };
}

let backend: Backend;
let start: Map<string, HostTensor>;
const [train, valid] = [draw(320, 1), draw(2000, 2)];

beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  start = initializeParameters(probeSpecs(config), createRandom(3));
});
afterAll(() => backend.dispose());

const run = (options: Partial<ProbeTrainOptions> = {}) =>
  trainProbe({ backend, config, weights: start, train, valid, settings, seed: 5, ...options });

describe('the probe', () => {
  it('refuses start weights that are not finite, by name', async () => {
    const weights = new Map(start).set('probe.bias', float32([2], [0, Infinity]));
    await expect(run({ weights })).rejects.toThrow(
      /trainProbe: expected weights of finite .* probe\.bias has 1/,
    );
  });

  it('finds the features that decide, each for its label, and stays finite where labels are not known', async () => {
    const { weights, best } = await run();
    const weight = weights.get('probe.weight')!.data;
    const row = (label: number) => [...weight.subarray(label * WIDTH, (label + 1) * WIDTH)];
    for (const label of [0, 1]) {
      const others = row(label).filter((_, column) => column !== label);
      expect(row(label)[label]).toBeGreaterThan(1.5);
      expect(Math.max(...others.map(Math.abs))).toBeLessThan(0.7);
    }
    expect(best!.loss).toBeLessThan(0.45);
  });

  it('takes one list of augmented features after the other', async () => {
    const events: TrainEvent[] = [];
    const passes = [train, draw(320, 4)];
    const one = await run({ settings: { ...settings, epochs: 2 } });
    const two = await run({
      settings: { ...settings, epochs: 2 },
      train: passes,
      onProgress: (event) => events.push(event),
    });
    expect(events.filter(({ type }) => type === 'batch-end')).toHaveLength(40);
    expect(two.weights.get('probe.weight')).not.toEqual(one.weights.get('probe.weight'));
  });

  it('makes one update of as many batches as are accumulated, whose rates span the updates', async () => {
    const batches: Extract<TrainEvent, { type: 'batch-end' }>[] = [];
    const onProgress = (event: TrainEvent) => void (event.type === 'batch-end' && batches.push(event));
    const summed = { ...settings, epochs: 1, warmupEpochs: 0, accumulate: 10 };
    await run({ settings: summed, onProgress });
    expect(batches.map(({ position }) => position.steps)).toEqual(
      Array.from({ length: 20 }, (_, batch) => Math.floor((batch + 1) / 10)),
    );
    expect(batches.at(-1)!.learningRate).toBeCloseTo(0.05 / 2, 12);
    await expect(run({ settings: { ...summed, accumulate: 21 } })).rejects.toThrow(
      'trainProbe: expected at least 21 batches in an epoch, one update, got 20',
    );
  });

  it('keeps the best parameters by validation loss', async () => {
    const store = createMemoryStore();
    const { best } = await run({ store });
    const saved = await store.load('best');
    expect([...saved!.tensors.keys()].sort()).toEqual(['probe.bias', 'probe.weight']);
    expect((saved!.values as { loss: number }).loss).toBe(best!.loss);
  });

  it('says what does not fit', async () => {
    await expect(
      run({ train: { ...train, features: float32([320, 4], new Float32Array(1280)) } }),
    ).rejects.toThrow(ShapeError);
    await expect(
      run({ valid: { ...valid, targets: float32([2000, 1], new Float32Array(2000)) } }),
    ).rejects.toThrow(
      'train.trainProbe: expected targets [2000, 2], got [2000, 1]; give one column per label.',
    );
    await expect(run({ config: { ...config, probe: null } })).rejects.toThrow(ConfigError);
  });

  it('refuses data that would train a label on nothing, choose by nothing, or mean something else', async () => {
    const known = (data: ProbeData, change: (value: number, label: number) => number): ProbeData => ({
      ...data,
      targets: float32(
        data.targets.shape,
        Float32Array.from(data.targets.data, (value, i) => change(value, i % 2)),
      ),
    });
    const never = (value: number, label: number) => (label === 1 ? NaN : value);
    for (const options of [
      { train: known(train, never) },
      { train: [train, known(train, never)] },
      { valid: known(valid, never) },
    ])
      await expect(run(options)).rejects.toThrow(
        'train.trainProbe: expected each label to be assessed on some image, got none for Second;',
      );
    await expect(run({ train: known(train, (value, label) => (label === 1 ? -1 : value)) })).rejects.toThrow(
      'expected targets of 0 to 1, or NaN where a label was not assessed, got -1;',
    );
    await expect(run({ train: [train, draw(300, 1)] })).rejects.toThrow(
      'lists of the same images, got 320, 300 of them',
    );
    await expect(run({ train: [] })).rejects.toThrow('one batch of 16 samples, got 0 samples');
    await expect(run({ train: draw(15, 1) })).rejects.toThrow('one batch of 16 samples, got 15 samples');
    await expect(run({ valid: draw(0, 1) })).rejects.toThrow('one validation sample, got none');
  });

  it('is chosen by the plain mean loss of what is known, whatever positives weigh in training', async () => {
    const weights = new Map<string, HostTensor>([
      ['probe.weight', float32([2, WIDTH], new Float32Array(2 * WIDTH))],
      ['probe.bias', float32([2], [0, 3])],
    ]);
    const two: ProbeData = {
      features: float32([2, WIDTH], new Float32Array(2 * WIDTH)),
      targets: float32([2, 2], [1, NaN, 0, 1]),
    };
    const still = { ...settings, epochs: 1, learningRate: 1e-9 };
    for (const positiveWeight of [1, 5]) {
      const { best } = await run({ weights, valid: two, settings: still, positiveWeight });
      expect(best!.loss).toBeCloseTo((2 * Math.LN2 + Math.log1p(Math.exp(-3))) / 3, 5);
    }
  });

  it('is trained where a label is known of later images only', async () => {
    const targets = Float32Array.from(train.targets.data, (value, index) =>
      index < 40 && index % 2 ? NaN : value,
    );
    const late = { ...train, targets: float32(train.targets.shape, targets) };
    await expect(run({ train: late, settings: { ...settings, epochs: 1 } })).resolves.toBeDefined();
  });

  it('weighs positives where asked to', async () => {
    const first = async (positiveWeight?: number) => {
      const losses: number[] = [];
      await run({
        settings: { ...settings, epochs: 1 },
        positiveWeight,
        onProgress: (event) => void (event.type === 'batch-end' && losses.push(event.loss)),
      });
      return losses[0]!;
    };
    const [one, two, three] = [await first(), await first(2), await first(3)];
    expect(two - one).toBeGreaterThan(0.1);
    expect(three - two).toBeCloseTo(two - one, 5);
  });
});

describe('calibration', () => {
  it('undoes a scale of the logits, label by label, leaving out what is not known', () => {
    // The labels were drawn at logits 4x; a probe whose logits are 8x and 2x is too sure by 2 and not sure enough by 1/2.
    const weight = new Float32Array(2 * WIDTH);
    [weight[0], weight[WIDTH + 1]] = [8, 2];
    const weights = new Map([
      ['probe.weight', float32([2, WIDTH], weight)],
      ['probe.bias', float32([2], [0, 0])],
    ]);
    const { labels, temperatures, thresholds } = calibrateProbe(config, weights, valid);
    expect(labels).toEqual(['First', 'Second']);
    expect(Math.abs(temperatures[0]! / 2 - 1)).toBeLessThan(0.1);
    expect(Math.abs(temperatures[1]! / 0.5 - 1)).toBeLessThan(0.1);
    for (const threshold of thresholds) expect(Math.abs(threshold - 0.5)).toBeLessThan(0.2);
  });
});
