import type { Random } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import {
  NETWORK,
  NETWORK_INPUTS,
  createRoundingBackend,
  networkBatch,
  networkLoss,
  networkWeights,
} from './__fixtures__/problems.js';
import { createMemoryStore, type CheckpointStore, type SavedState } from './checkpoint-store.js';
import { createLossEvaluation } from './loss-evaluation.js';
import { adamw } from './optimizers.js';
import type { TrainEvent } from './progress.js';
import { reduceOnPlateau, warmupCosine, type Schedule } from './schedules.js';
import { createTrainStep } from './train-step.js';
import type { TrainOptions } from './train-options.js';
import { train } from './train.js';

const BATCHES = 7;

async function setUp(options: { accumulate?: number } = {}) {
  const backend = createRoundingBackend();
  const shared = { backend, specs: NETWORK, inputs: NETWORK_INPUTS, loss: networkLoss };
  const step = await createTrainStep({
    ...shared,
    weights: networkWeights(),
    optimizer: adamw(),
    ...options,
  });
  const evaluation = await createLossEvaluation(shared);
  const events: TrainEvent[] = [];
  const made: number[] = [];
  const base: TrainOptions<number> = {
    step,
    data: (_, random) => shuffledSeeds(random, made),
    prepare: (seed, { random }) => networkBatch(seed + random.integer(1000) * 100, 6),
    evaluate: ({ parameters }) => evaluation.run(networkBatch(77, 16), parameters),
    schedule: reduceOnPlateau({ learningRate: 0.05, patience: 0, cooldown: 0, threshold: 0.2 }),
    epochs: 3,
    evaluateEvery: 3,
    seed: 41,
    onProgress: (event) => events.push(event),
  };
  const curve = () =>
    events.flatMap((event) =>
      'loss' in event ? [[event.type, event.loss, 'learningRate' in event ? event.learningRate : 0]] : [],
    );
  return { base, step, events, made, curve, backend };
}

async function* shuffledSeeds(random: Random, made: number[]): AsyncGenerator<() => number> {
  for (const seed of random.shuffle(Array.from({ length: BATCHES }, (_, index) => index))) {
    await Promise.resolve();
    yield () => {
      made.push(seed);
      return seed;
    };
  }
}

describe('train', () => {
  it('evaluates every K batches and once at the end of each epoch', async () => {
    const { base, events } = await setUp();
    const result = await train(base);
    const evaluations = events
      .filter(({ type }) => type === 'evaluation-end')
      .map(({ position }) => `${position.epoch}:${position.batch}`);
    expect(evaluations).toEqual(['0:3', '0:6', '0:7', '1:3', '1:6', '1:7', '2:3', '2:6', '2:7']);
    expect(events.filter(({ type }) => type === 'batch-end')).toHaveLength(3 * BATCHES);
    expect(result).toMatchObject({ epochs: 3, steps: 21 });
  });

  it('does not evaluate twice where an epoch ends on the K-th batch', async () => {
    const { base, events } = await setUp();
    await train({ ...base, evaluateEvery: BATCHES });
    expect(events.filter(({ type }) => type === 'evaluation-end')).toHaveLength(3);
  });

  it('shuffles anew in each epoch and the same way in each run', async () => {
    const [first, second] = [await setUp(), await setUp()];
    await train(first.base);
    await train(second.base);
    expect(second.made).toEqual(first.made);
    expect(first.made.slice(0, BATCHES)).not.toEqual(first.made.slice(BATCHES, 2 * BATCHES));
    expect(second.curve()).toEqual(first.curve());
  });

  it('stopped after any batch and resumed gives the same curve bit for bit', async () => {
    for (const accumulate of [1, 2]) {
      const whole = await setUp({ accumulate });
      const wholeResult = await train(whole.base);
      for (let stop = 1; stop < 3 * BATCHES; stop += 2) {
        const store = createMemoryStore();
        const controller = new AbortController();
        const before = await setUp({ accumulate });
        let batches = 0;
        const stopping = (event: TrainEvent) => {
          before.base.onProgress!(event);
          if (event.type === 'batch-end' && ++batches === stop) controller.abort(new Error('stop'));
        };
        await expect(
          train({ ...before.base, store, signal: controller.signal, onProgress: stopping }),
        ).rejects.toThrow('stop');
        const after = await setUp({ accumulate });
        const result = await train({ ...after.base, store, resume: true });
        expect([...before.curve(), ...after.curve()]).toEqual(whole.curve());
        expect(result).toEqual(wholeResult);
        expect(await after.step.exportState()).toEqual(await whole.step.exportState());
      }
    }
  });

  it('makes no batch that a resumed run has already seen', async () => {
    const store = createMemoryStore();
    const controller = new AbortController();
    const before = await setUp();
    const onProgress = (event: TrainEvent) =>
      void (event.type === 'batch-end' && event.position.batch === 5 && controller.abort());
    await expect(train({ ...before.base, store, signal: controller.signal, onProgress })).rejects.toThrow();
    const after = await setUp();
    await train({ ...after.base, epochs: 1, store, resume: true });
    expect(after.made).toHaveLength(BATCHES - 5);
  });

  it('goes on with the evaluation during which it was stopped', async () => {
    const whole = await setUp();
    await train(whole.base);
    const store = createMemoryStore();
    const controller = new AbortController();
    const before = await setUp();
    const evaluate: TrainOptions<number>['evaluate'] = (context) => {
      if (context.position.epoch === 1) controller.abort(new Error('stop'));
      return before.base.evaluate!(context);
    };
    await expect(train({ ...before.base, evaluate, store, signal: controller.signal })).rejects.toThrow(
      'stop',
    );
    const after = await setUp();
    await train({ ...after.base, store, resume: true });
    expect([...before.curve(), ...after.curve()]).toEqual(whole.curve());
  });

  it('keeps the parameters of the lowest validation loss', async () => {
    const { base, step, events } = await setUp();
    const store = createMemoryStore();
    const losses = [3, 1, 2];
    const result = await train({
      ...base,
      evaluateEvery: undefined,
      evaluate: () => Promise.resolve({ loss: losses.shift()! }),
      store,
    });
    expect(result.best).toMatchObject({ loss: 1, position: { epoch: 1, batch: BATCHES } });
    const best = await store.load('best');
    expect(best!.values).toMatchObject({ loss: 1 });
    expect(best!.tensors.get('batches')!.data[0]).toBe(2 * BATCHES);
    expect((await step.exportParameters()).get('batches')!.data[0]).toBe(3 * BATCHES);
    expect(events.filter((event) => event.type === 'checkpoint-save' && event.name === 'best')).toHaveLength(
      2,
    );
  });

  it('drops gradients that wait at an evaluation', async () => {
    const { base, step } = await setUp({ accumulate: 2 });
    await train({ ...base, epochs: 1 });
    expect(step.steps).toBe(2);
    expect((await step.exportState()).accumulated).toBe(0);
  });

  it('skips a batch that fails where asked to, and one without inputs', async () => {
    const { base, events } = await setUp();
    const prepare: TrainOptions<number>['prepare'] = (seed, context) => {
      if (seed === 2) throw new Error('out of memory');
      return seed === 3 ? undefined : base.prepare(seed, context);
    };
    await train({ ...base, epochs: 1, prepare, skipOnError: (error) => String(error).includes('memory') });
    const reasons = events.flatMap((event) => (event.type === 'batch-skip' ? [event.reason] : []));
    expect(reasons.sort()).toEqual(['Error: out of memory', 'nothing to train on']);
    await expect(train({ ...base, prepare })).rejects.toThrow('out of memory');
  });

  it('estimates the time left from the batches done', async () => {
    const { base, events } = await setUp();
    let now = 0;
    await train({
      ...base,
      evaluate: undefined,
      epochs: 2,
      batchesPerEpoch: BATCHES,
      clock: () => (now += 250),
    });
    const left = events.flatMap((event) => (event.type === 'batch-end' ? [event.secondsLeft!] : []));
    expect(left[0]).toBeGreaterThan(8);
    expect(left.at(-1)).toBe(0);
  });

  it('refuses to resume with another seed or schedule', async () => {
    const { base } = await setUp();
    const store = createMemoryStore();
    await train({ ...base, epochs: 1, store });
    await expect(train({ ...base, store, resume: true, seed: 1 })).rejects.toThrow(
      'expected seed 41 of the saved run, got 1',
    );
    const schedule = { ...base.schedule, name: 'other' };
    await expect(train({ ...base, store, resume: true, schedule })).rejects.toThrow(
      'schedule "reduce-on-plateau"',
    );
  });

  it('starts anew where the store has nothing to resume', async () => {
    const { base } = await setUp();
    expect(await train({ ...base, epochs: 1, store: createMemoryStore(), resume: true })).toMatchObject({
      epochs: 1,
    });
  });

  it('evaluates once however it was stopped: what a finished evaluation found is kept', async () => {
    const places = (events: readonly TrainEvent[]) =>
      events.flatMap(({ type, position }) =>
        type === 'evaluation-end' ? [`${position.epoch}:${position.batch}`] : [],
      );
    const whole = await setUp();
    await train(whole.base);
    for (let stop = 1; stop <= whole.events.length; stop += 3) {
      const store = createMemoryStore();
      const controller = new AbortController();
      const before = await setUp();
      const calls: string[] = [];
      const counted =
        (run: typeof before): TrainOptions<number>['evaluate'] =>
        (context) => {
          calls.push(`${context.position.epoch}:${context.position.batch}`);
          return run.base.evaluate!(context);
        };
      const onProgress = (event: TrainEvent) => {
        before.events.push(event);
        if (before.events.length === stop) controller.abort(new Error('stop'));
      };
      const { signal } = controller;
      await train({ ...before.base, evaluate: counted(before), store, signal, onProgress }).catch(
        () => undefined,
      );
      const after = await setUp();
      await train({ ...after.base, evaluate: counted(after), store, resume: true });
      expect(calls).toEqual(places(whole.events));
      expect(await after.step.exportState()).toEqual(await whole.step.exportState());
    }
  });

  it('killed after any saving goes on with the rates and losses of a run that was not', async () => {
    const schedule = () => warmupCosine({ learningRate: 0.05, totalSteps: 2 * BATCHES, warmupSteps: 3 });
    const plain = { epochs: 2, saveEvery: 2 };
    const whole = await setUp();
    const saved: SavedState[] = [];
    const memory = createMemoryStore();
    const store: CheckpointStore = {
      load: memory.load,
      save: async (name, state) => {
        await memory.save(name, state);
        if (name === 'last') saved.push((await memory.load('last'))!);
      },
    };
    await train({ ...whole.base, ...plain, schedule: schedule(), store });
    const curve = whole.curve();
    expect(saved).toHaveLength(12);
    for (const state of saved) {
      const kept = createMemoryStore();
      await kept.save('last', state);
      const after = await setUp();
      await train({ ...after.base, ...plain, schedule: schedule(), store: kept, resume: true });
      const rest = after.curve();
      expect(rest).toEqual(curve.slice(curve.length - rest.length));
      expect(await after.step.exportState()).toEqual(await whole.step.exportState());
    }
  });

  it('saves every K batches, and once where it also evaluates', async () => {
    const { base, events } = await setUp();
    await train({ ...base, epochs: 1, saveEvery: 3, evaluateEvery: 6, store: createMemoryStore() });
    const saves = events.filter((event) => event.type === 'checkpoint-save' && event.name === 'last');
    expect(saves.map(({ position }) => `${position.epoch}:${position.batch}`)).toEqual([
      '0:3',
      '0:6',
      '0:7',
      '1:0',
    ]);
  });

  it('refuses an epoch without a batch, and a run that moved nothing', async () => {
    const { base, step } = await setUp();
    await expect(train({ ...base, data: () => [] })).rejects.toThrow(
      'train: expected at least one batch in epoch 0, got none; give more data or smaller batches.',
    );
    await expect(train({ ...base, epochs: 1, prepare: () => undefined })).rejects.toThrow(
      'train: expected at least one update, got none from 7 batches, of which 7 were skipped;',
    );
    expect(step.steps).toBe(0);
    const waiting = await setUp({ accumulate: BATCHES + 1 });
    await expect(train(waiting.base)).rejects.toThrow('got none from 21 batches, of which 0 were skipped');
  });

  it('counts skipped batches over a stop', async () => {
    const prepare: TrainOptions<number>['prepare'] = (seed) => (seed < 2 ? undefined : networkBatch(seed, 4));
    const store = createMemoryStore();
    const before = await setUp();
    await train({ ...before.base, epochs: 1, prepare, store });
    const after = await setUp();
    const { batchesSkipped } = await train({ ...after.base, epochs: 2, prepare, store, resume: true });
    expect(batchesSkipped).toBe(4);
  });

  it('tells the schedule of each update and of each evaluation', async () => {
    const { base } = await setUp({ accumulate: 2 });
    const heard: (string | number)[] = [];
    const schedule: Schedule = {
      ...base.schedule,
      stepped: () => void heard.push('update'),
      evaluated: (loss) => void heard.push(loss),
    };
    const losses = [3, 2, 1];
    await train({
      ...base,
      epochs: 1,
      evaluateEvery: 4,
      schedule,
      evaluate: () => Promise.resolve({ loss: losses.shift()! }),
    });
    expect(heard).toEqual(['update', 'update', 3, 'update', 2]);
  });

  it('keeps the first of equal validation losses', async () => {
    const { base } = await setUp();
    const losses = [2, 1, 1];
    const evaluate = () => Promise.resolve({ loss: losses.shift()! });
    const { best } = await train({ ...base, evaluateEvery: undefined, evaluate });
    expect(best).toMatchObject({ loss: 1, position: { epoch: 1 } });
  });

  it('gives every batch numbers of its own, and every evaluation the same', async () => {
    const { base } = await setUp();
    const [batches, evaluations]: [number[], number[]] = [[], []];
    await train({
      ...base,
      prepare: (seed, context) => {
        batches.push(context.random.next());
        return networkBatch(seed, 2);
      },
      evaluate: (context) => {
        evaluations.push(context.random.next());
        return base.evaluate!(context);
      },
    });
    expect(new Set(batches).size).toBe(3 * BATCHES);
    expect(new Set(evaluations).size).toBe(1);
  });

  it('does not take a batch that an abort ended for a bad one', async () => {
    const whole = await setUp();
    await train(whole.base);
    const before = await setUp();
    const controller = new AbortController();
    const store = createMemoryStore();
    let batches = 0;
    const prepare: TrainOptions<number>['prepare'] = (seed, context) => {
      if (++batches === 4) controller.abort(new Error('stop'));
      context.signal?.throwIfAborted();
      return before.base.prepare(seed, context);
    };
    const options = { store, skipOnError: () => true };
    const stopped = train({ ...before.base, ...options, prepare, signal: controller.signal });
    await expect(stopped).rejects.toThrow('stop');
    const after = await setUp();
    await train({ ...after.base, ...options, resume: true });
    expect([...before.curve(), ...after.curve()]).toEqual(whole.curve());
  });
});
