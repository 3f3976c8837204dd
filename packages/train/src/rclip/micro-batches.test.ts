import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { rclipSpecs } from '@crrg/rclip';
import {
  initializeParameters,
  runToHost,
  trace,
  type Backend,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import {
  createMemoryStore,
  createTrainStep,
  sgd,
  type EmbeddingLoss,
  type LossFunction,
  type TrainEvent,
} from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MICRO_PRETRAINING } from '../__fixtures__/micro-training.js';
import { drawDropoutSeeds, dropoutInputs } from '../dropout-seed.js';
import { packConvirtBatch, packRclipBatch, type RclipSample } from './rclip-batch.js';
import {
  convirtBatchInputs,
  convirtLossFunction,
  rclipBatchInputs,
  rclipLossFunction,
} from './rclip-losses.js';
import type { RclipPretrainingSettings } from './rclip-presets.js';
import { trainRclip, type RclipSampleSource, type RclipTrainOptions } from './train-rclip.js';

const config = MICRO_PRETRAINING;
const SIDE = config.imageEncoder.imageSize;
const specs = rclipSpecs(config);
const DROPOUT = 0.2;

/** Studies that differ in pictures, words and lengths of texts. */
function sampleOf(n: number): RclipSample {
  const random = createRandom(n);
  const image = () => Float32Array.from({ length: 3 * SIDE * SIDE }, () => n / 4 + random.normal());
  const text = () => [1, ...Array.from({ length: 1 + random.integer(4) }, () => 4 + random.integer(12)), 2];
  return { images: [image(), image()], texts: [text(), text()] };
}
const samples = Array.from({ length: 5 }, (_, n) => sampleOf(n));

/** The samples in parts of these sizes. */
function cut(sizes: readonly number[]): RclipSample[][] {
  let at = 0;
  return sizes.map((size) => samples.slice(at, (at += size)));
}

let backend: Backend;
let weights: StateDict;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  weights = initializeParameters(specs, createRandom(1));
});
afterAll(() => backend.dispose());

const LOSSES = {
  'CXR-CLIP': {
    make: rclipLossFunction,
    inputs: rclipBatchInputs,
    pack: packRclipBatch,
  },
  ConVIRT: { make: convirtLossFunction, inputs: convirtBatchInputs, pack: packConvirtBatch },
} as const;

/** Loss and values after one step down the gradient at rate 1. */
async function stepped(
  loss: LossFunction,
  inputs: Parameters<typeof createTrainStep>[0]['inputs'],
  batches: readonly Record<string, HostTensor>[],
) {
  const step = await createTrainStep({ backend, specs, weights, inputs, loss, optimizer: sgd() });
  const result = await step.run(batches, { learningRate: 1 });
  const values = await step.exportParameters();
  step.dispose();
  return { ...result, values };
}

/** Largest difference of a parameter's two gradients over the largest value of any gradient, over all parameters. */
function differenceOfGradients(a: StateDict, b: StateDict): number {
  const [differences, sizes]: [number[], number[]] = [[], []];
  for (const [name, { data }] of weights) {
    if (!specs[name]!.trainable) continue;
    data.forEach((value, at) => {
      sizes.push(Math.abs(b.get(name)!.data[at]! - value));
      differences.push(Math.abs(a.get(name)!.data[at]! - b.get(name)!.data[at]!));
    });
  }
  const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);
  return largest(differences) / largest(sizes);
}

/** Micro-batches in one graph, by hand: each is embedded by itself, the embeddings are put together and compared. */
const composedLoss =
  ({ embed, compare }: EmbeddingLoss, count: number): LossFunction =>
  (ops, { inputs, parameters }) => {
    const parts = Array.from({ length: count }, (_, index) => {
      const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${index}/`));
      const named = Object.fromEntries(own.map(([name, x]) => [name.slice(2), x]));
      return embed(ops, { inputs: named, parameters }).embeddings;
    });
    const joined = Object.keys(parts[0]!).map((name) => [
      name,
      ops.concat(
        parts.map((part) => part[name]!),
        0,
      ),
    ]);
    return compare(ops, { embeddings: Object.fromEntries(joined) as (typeof parts)[0], parameters });
  };

function composed<T>(batches: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  return Object.fromEntries(
    batches.flatMap((batch, index) =>
      Object.entries(batch).map(([name, value]) => [`${index}/${name}`, value]),
    ),
  ) as Record<string, T>;
}

describe.each(Object.entries(LOSSES))('the loss of %s in micro-batches', (_, { make, inputs, pack }) => {
  const packed = (sizes: readonly number[]) => cut(sizes).map((part) => pack(part, config, 0));
  const specsOf = (sizes: readonly number[]) => sizes.map((size) => inputs(config, size));

  it.each([[[1, 1, 1, 1, 1]], [[2, 2, 1]], [[3, 2]]])(
    'has value and gradients of the whole batch where statistics are fixed: %j',
    async (sizes) => {
      const loss = make(config, { training: false });
      const parts = await stepped(loss, specsOf(sizes), packed(sizes));
      const whole = await stepped(loss, specsOf([5]), packed([5]));
      expect(parts.loss).toBeCloseTo(whole.loss, 5);
      expect(Object.keys(parts.metrics)).toEqual(Object.keys(whole.metrics));
      for (const [name, value] of Object.entries(whole.metrics))
        expect(parts.metrics[name]).toBeCloseTo(value, 5);
      expect(differenceOfGradients(parts.values, whole.values)).toBeLessThan(1e-5);
    },
  );

  it('has those of micro-batches with their own statistics and their own dropped values, put together by hand', async () => {
    const sizes = [2, 3];
    const loss = make(config, { training: true, dropout: DROPOUT });
    const seeds = drawDropoutSeeds(DROPOUT, createRandom(3), 2);
    const batches = packed(sizes).map((batch, index) => ({ ...batch, ...seeds[index] }));
    const batchSpecs = specsOf(sizes).map((batch) => ({ ...batch, ...dropoutInputs(DROPOUT) }));
    const together = composed(batchSpecs.map((batch, index) => renamed(batch, (size) => `${size}${index}`)));
    const parts = await stepped(loss, batchSpecs, batches);
    const byHand = await stepped(composedLoss(loss, 2), together, [composed(batches)]);
    expect(parts.loss).toBeCloseTo(byHand.loss, 5);
    expect(differenceOfGradients(parts.values, byHand.values)).toBeLessThan(1e-5);
    const whole = await stepped(loss, { ...inputs(config, 5), ...dropoutInputs(DROPOUT) }, [
      { ...packed([5])[0]!, ...seeds[0] },
    ]);
    expect(differenceOfGradients(parts.values, whole.values)).toBeGreaterThan(0.01);
  });

  it('moves running statistics once for each micro-batch, one after the other', async () => {
    const sizes = [2, 3];
    const loss = make(config, { training: true });
    const { values } = await stepped(loss, specsOf(sizes), packed(sizes));
    let expected: StateDict = weights;
    for (const [index, batch] of packed(sizes).entries()) {
      const graph = trace({ inputs: specsOf(sizes)[index]!, parameters: specs }, (ops, scope) => ({
        ...loss.embed(ops, scope).updates,
      }));
      const executable = await backend.compile(graph, { weights: expected });
      const moved = await runToHost(executable, batch);
      expected = new Map([...expected, ...Object.entries(moved)]);
      executable.dispose();
    }
    const buffers = Object.keys(specs).filter((name) => !specs[name]!.trainable);
    expect(buffers.length).toBeGreaterThan(0);
    for (const name of buffers)
      values
        .get(name)!
        .data.forEach((value, at) => expect(value, name).toBeCloseTo(expected.get(name)!.data[at]!, 5));
  });
});

/** The same specifications with other names of symbolic sizes. */
function renamed(batch: ReturnType<typeof rclipBatchInputs>, rename: (size: string) => string) {
  const entries = Object.entries(batch).map(([name, { shape, dtype }]) => [
    name,
    { shape: shape.map((size) => (typeof size === 'string' ? rename(size) : size)), dtype },
  ]);
  return Object.fromEntries(entries) as typeof batch;
}

const settings: RclipPretrainingSettings = {
  ...{ epochs: 2, warmupEpochs: 0, batchSize: 4, learningRate: 1e-2, weightDecay: 1e-4 },
  ...{ multiViewWeight: 1, imageWeight: 1, textWeight: 0.5, dropout: 0 },
};
const studies = Array.from(
  { length: 8 },
  (_, n): RclipSampleSource =>
    (random) =>
      sampleOf(8 * random.integer(4) + n),
);

async function run(more: Partial<RclipPretrainingSettings>, options: Partial<RclipTrainOptions> = {}) {
  const losses: number[] = [];
  const valid: number[] = [];
  const result = await trainRclip({
    ...{ backend, config, weights, train: studies, valid: studies.slice(0, 5), seed: 7 },
    settings: { ...settings, ...more } as RclipPretrainingSettings,
    onProgress: (event: TrainEvent) => {
      if (event.type === 'batch-end') losses.push(event.loss);
      if (event.type === 'evaluation-end') valid.push(event.loss);
    },
    ...options,
  });
  return { ...result, losses, valid };
}

describe('pre-training in micro-batches', () => {
  it('has losses and weights of pre-training in whole batches where pictures do not count', async () => {
    const texts = { multiViewWeight: 0, imageWeight: 0, textWeight: 1 };
    const whole = await run(texts);
    for (const microBatchSize of [1, 3]) {
      const parts = await run({ ...texts, microBatchSize });
      for (const name of ['losses', 'valid'] as const)
        parts[name].forEach((loss, at) => expect(loss).toBeCloseTo(whole[name][at]!, 4));
      expect(parts.steps).toBe(whole.steps);
    }
  });

  it('is pre-training in whole batches, bit for bit, where a micro-batch is a batch or more', async () => {
    const whole = await run({ dropout: DROPOUT });
    const parts = await run({ dropout: DROPOUT, microBatchSize: 7 });
    expect([parts.losses, parts.valid]).toEqual([whole.losses, whole.valid]);
    expect(parts.weights).toEqual(whole.weights);
    const halves = await run({ dropout: DROPOUT, microBatchSize: 2 });
    halves.losses.forEach((loss, at) => expect(Math.abs(loss - whole.losses[at]!)).toBeGreaterThan(1e-4));
  });

  it('goes on after a stop as if it had not been stopped, bit for bit', async () => {
    const parts = { microBatchSize: 2, dropout: DROPOUT };
    const valid = studies.slice(0, 2);
    const whole = await run(parts, { valid });
    const store = createMemoryStore();
    const controller = new AbortController();
    const before: number[] = [];
    const stopped = run(parts, {
      valid,
      store,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type !== 'batch-end') return;
        before.push(event.loss);
        if (before.length === 3) controller.abort(new Error('stop'));
      },
    });
    await expect(stopped).rejects.toThrow('stop');
    const resumed = await run(parts, { valid, store, resume: true });
    expect([...before, ...resumed.losses]).toEqual(whole.losses);
    expect(resumed.weights).toEqual(whole.weights);
  });

  it('refuses a size that is no whole number from 1', async () => {
    for (const microBatchSize of [0, -1, 1.5, NaN])
      await expect(run({ microBatchSize })).rejects.toMatchObject({
        code: 'CONFIG',
        message: expect.stringContaining(
          `expected a \`microBatchSize\` of at least 1, got ${microBatchSize}`,
        ) as string,
      });
  });
});
