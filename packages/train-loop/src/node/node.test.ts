import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { float32, hostTensor, int32, type HostTensor } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeRecords } from '../__fixtures__/event-file-decoder.js';
import {
  NETWORK,
  NETWORK_INPUTS,
  createRoundingBackend,
  networkBatch,
  networkLoss,
  networkWeights,
} from '../__fixtures__/problems.js';
import { adamw } from '../optimizers.js';
import { constantSchedule } from '../schedules.js';
import { createTrainStep } from '../train-step.js';
import type { TrainOptions } from '../train-options.js';
import { train } from '../train.js';
import { createFolderStore } from './folder-store.js';
import { openTrainingLog } from './training-log.js';
import { writeLossCurves } from './write-loss-curves.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crrg-train-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function options(): Promise<TrainOptions<number>> {
  const step = await createTrainStep({
    backend: createRoundingBackend(),
    specs: NETWORK,
    weights: networkWeights(),
    inputs: NETWORK_INPUTS,
    loss: networkLoss,
    optimizer: adamw(),
    accumulate: 2,
  });
  return {
    step,
    data: (_, random) => random.shuffle([1, 2, 3, 4, 5]),
    prepare: (seed) => networkBatch(seed, 4),
    evaluate: ({ position }) => Promise.resolve({ loss: 10 - position.batchesDone, metrics: { iou: 0.5 } }),
    schedule: constantSchedule(0.01),
    epochs: 2,
    seed: 1,
  };
}

describe('createFolderStore', () => {
  const tensors = new Map<string, HostTensor>([
    ['a', float32([2, 2], [1.5, -0, 3e-42, 1 / 3])],
    ['b', int32([1], [-7])],
    ['c', hostTensor('bool', [3], [1, 0, 1])],
    ['part', float32([2], new Float32Array([9, 8, 7, 6]).subarray(1, 3))],
    ['scalar', float32([], [4])],
  ]);

  it('gives back what was saved, bit for bit', async () => {
    const store = createFolderStore(join(folder, 'new'));
    const values = { seed: 1, best: null, nested: { list: [0.1 + 0.2, 'ü'] } };
    await store.save('last', { tensors, values });
    const loaded = await store.load('last');
    expect(loaded!.values).toEqual(values);
    expect(new Map([...loaded!.tensors].sort())).toEqual(tensors);
  });

  it('knows no state that was not saved, and leaves only finished files', async () => {
    const store = createFolderStore(folder);
    expect(await store.load('last')).toBeUndefined();
    await store.save('last', { tensors, values: 1 });
    await store.save('last', { tensors: new Map(), values: 2 });
    expect((await store.load('last'))!.values).toBe(2);
    expect(readdirSync(folder)).toEqual(['last.safetensors']);
  });

  it('keeps the old state where the new one cannot be written', async () => {
    const store = createFolderStore(folder);
    await store.save('last', { tensors, values: 1 });
    const broken = new Map([['x', { dtype: 'float32', shape: [2], data: null } as unknown as HostTensor]]);
    await expect(store.save('last', { tensors: broken, values: 2 })).rejects.toThrow();
    expect((await store.load('last'))!.values).toBe(1);
    expect(readdirSync(folder)).toEqual(['last.safetensors']);
  });

  it('refuses weights that are no training state, and names that leave the folder', async () => {
    writeFileSync(join(folder, 'last.safetensors'), encodeSafetensors(tensors));
    await expect(createFolderStore(folder).load('last')).rejects.toThrow('expected a training state');
    await expect(createFolderStore(folder).load('../last')).rejects.toThrow('expected a name');
  });
});

describe('a run with files', () => {
  it('leaves a checkpoint on abort that another run goes on from', async () => {
    const whole = await options();
    await train(whole);
    const controller = new AbortController();
    const onProgress: TrainOptions<number>['onProgress'] = (event) => {
      if (event.type === 'batch-end' && event.position.batchesDone === 3) controller.abort(new Error('stop'));
    };
    const store = createFolderStore(folder);
    await expect(
      train({ ...(await options()), store, signal: controller.signal, onProgress }),
    ).rejects.toThrow('stop');
    const resumed = await options();
    await train({ ...resumed, store, resume: true });
    expect(await resumed.step.exportState()).toEqual(await whole.step.exportState());
  });

  it('logs losses as lines and as TensorBoard scalars', async () => {
    const log = openTrainingLog(folder);
    await train({ ...(await options()), onProgress: log.listener });
    log.close();
    const lines = readFileSync(join(folder, 'losses.jsonl'), 'utf8').trimEnd().split('\n');
    const records = lines.map(
      (line) => JSON.parse(line) as { type: string; loss: number; batchesDone: number },
    );
    expect(records.map(({ type }) => type[0]).join('')).toBe('tttttvtttttv');
    const eventFile = readdirSync(folder).find((name) => name.startsWith('events.out.tfevents.'))!;
    const events = decodeRecords(Uint8Array.from(readFileSync(join(folder, eventFile))));
    expect(events[0]!.fileVersion).toBe('brain.Event:2');
    const losses = events.filter(({ tag }) => tag === 'train/loss');
    expect(losses.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const written = records.filter(({ type }) => type === 'train');
    losses.forEach(({ value }, index) => expect(value).toBe(Math.fround(written[index]!.loss)));
    expect(events.filter(({ tag }) => tag === 'validation/iou').map(({ step }) => step)).toEqual([5, 10]);
  });

  it('draws them, each batch once, though the run was killed in a line and did one again', async () => {
    const line = (type: string, batchesDone: number, loss: number) =>
      JSON.stringify({ type, batchesDone, loss });
    const lines = [line('train', 1, 8), line('train', 2, 900), '{"type":"tra', line('train', 2, 4)];
    writeFileSync(join(folder, 'losses.jsonl'), [...lines, line('validation', 2, 6), ''].join('\n'));
    await writeLossCurves(folder, { title: 'Stage <1>' });
    const svg = readFileSync(join(folder, 'losses.svg'), 'utf8');
    expect(svg).toContain('Stage &lt;1&gt;');
    expect(svg).toContain('validation');
    const ticks = [...svg.matchAll(/>([\d.]+)<\/text>/g)].map(([, text]) => Number(text));
    expect(Math.max(...ticks)).toBe(8);
  });
});
