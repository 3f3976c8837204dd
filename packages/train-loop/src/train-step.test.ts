import { deferredTensor, float32, parameter, torchDefault, type HostTensor } from '@crrg/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  NETWORK,
  NETWORK_INPUTS,
  createRoundingBackend,
  networkBatch,
  networkLoss,
  networkWeights,
} from './__fixtures__/problems.js';
import { createLossEvaluation } from './loss-evaluation.js';
import { adamw, sgd } from './optimizers.js';
import type { TrainStepOptions } from './step-contract.js';
import { createTrainStep } from './train-step.js';

let createBackend = () => createRoundingBackend();

function makeStep(options: Partial<TrainStepOptions> = {}) {
  return createTrainStep({
    backend: createBackend(),
    specs: NETWORK,
    weights: networkWeights(),
    inputs: NETWORK_INPUTS,
    loss: networkLoss,
    optimizer: adamw(),
    ...options,
  });
}

function joined(a: HostTensor, b: HostTensor): HostTensor {
  return float32([a.shape[0]! + b.shape[0]!, a.shape[1]!], [...a.data, ...b.data]);
}

function largestDifference(a: ReadonlyMap<string, HostTensor>, b: ReadonlyMap<string, HostTensor>): number {
  const differences = [...a].flatMap(([name, tensor]) =>
    Array.from(tensor.data, (value, index) => Math.abs(value - b.get(name)!.data[index]!)),
  );
  return Math.max(...differences);
}

describe.each([false, true])('createTrainStep, on a backend that reuses memory: %s', (reusesMemory) => {
  beforeEach(() => {
    createBackend = () => createRoundingBackend({ reusesMemory });
  });

  it('fits a two-layer network', async () => {
    const step = await makeStep();
    const batch = networkBatch(1, 32);
    const first = await step.run(batch, { learningRate: 0.03 });
    for (let index = 0; index < 120; index++) await step.run(batch, { learningRate: 0.03 });
    const last = await step.run(batch, { learningRate: 0.03 });
    expect(first.loss).toBeGreaterThan(5);
    expect(last.loss).toBeLessThan(0.1);
    expect(last.metrics['largest']).toBeLessThan(0.3);
    expect(step.steps).toBe(122);
  });

  it('makes one update of two accumulated batches equal to one of both together', async () => {
    const [a, b] = [networkBatch(1, 5), networkBatch(2, 3)];
    for (const optimizer of [sgd({ momentum: 0.9 }), adamw()]) {
      const apart = await makeStep({ optimizer, accumulate: 2 });
      const together = await makeStep({ optimizer });
      for (let round = 0; round < 3; round++) {
        const first = await apart.run(a, { learningRate: 0.01 });
        const second = await apart.run(b, { learningRate: 0.01 });
        const whole = await together.run(
          { x: joined(a.x, b.x), y: joined(a.y, b.y) },
          { learningRate: 0.01 },
        );
        expect([first.updated, second.updated]).toEqual([false, true]);
        expect(first.loss + second.loss).toBeCloseTo(whole.loss, 5);
      }
      const trained = await apart.exportParameters();
      const expected = await together.exportParameters();
      trained.delete('batches');
      expect(largestDifference(trained, expected)).toBeLessThan(1e-6);
      expect([apart.steps, together.steps]).toEqual([3, 3]);
    }
  });

  it('drops waiting gradients on request', async () => {
    const step = await makeStep({ accumulate: 2 });
    const fresh = await makeStep({ accumulate: 2 });
    await step.run(networkBatch(9, 4), { learningRate: 0.01 });
    step.resetGradients();
    for (const seed of [1, 2])
      for (const each of [step, fresh]) await each.run(networkBatch(seed, 4), { learningRate: 0.01 });
    const [trained, expected] = [await step.exportParameters(), await fresh.exportParameters()];
    trained.delete('batches');
    expect(largestDifference(trained, expected)).toBe(0);
  });

  it('replaces buffers by the updates of the forward pass', async () => {
    for (const accumulate of [1, 3]) {
      const step = await makeStep({ accumulate });
      for (let index = 0; index < 4; index++) await step.run(networkBatch(index, 2), { learningRate: 0.01 });
      expect((await step.exportParameters()).get('batches')!.data[0]).toBe(4);
    }
  });

  it('leaves frozen parameters alone', async () => {
    const step = await makeStep({ frozen: ['hidden.'] });
    await step.run(networkBatch(1, 4), { learningRate: 0.1 });
    const trained = await step.exportParameters();
    expect(trained.get('hidden.weight')!.data).toEqual(networkWeights().get('hidden.weight')!.data);
    expect(trained.get('out.weight')!.data).not.toEqual(networkWeights().get('out.weight')!.data);
  });

  it('goes on exactly from an exported state, also between updates', async () => {
    for (const accumulate of [1, 3]) {
      const step = await makeStep({ accumulate });
      for (let seed = 0; seed < 5; seed++) await step.run(networkBatch(seed, 4), { learningRate: 0.02 });
      const copy = await makeStep({ accumulate });
      copy.restoreState(await step.exportState());
      for (let seed = 5; seed < 9; seed++) {
        const results = [
          await step.run(networkBatch(seed, 4), { learningRate: 0.02 }),
          await copy.run(networkBatch(seed, 4), { learningRate: 0.02 }),
        ];
        expect(results[1]).toEqual(results[0]);
      }
      expect(copy.steps).toBe(step.steps);
    }
  });

  it('moves each parameter by the rate and the decay of its group', async () => {
    const start = networkWeights();
    const [rate, batch] = [0.01, networkBatch(1, 8)];
    const groups = [
      { match: ['out.'], learningRateScale: 10, weightDecay: 0.5 },
      { match: ['hidden.bias'], weightDecay: 0 },
      { match: ['hidden.'], weightDecay: 0.5 },
    ];
    const settings: Readonly<Record<string, readonly [scale: number, decay: number]>> = {
      'hidden.weight': [1, 0.5],
      'hidden.bias': [1, 0],
      'out.weight': [10, 0.5],
    };
    const moved = async (options: Partial<TrainStepOptions>) => {
      const step = await makeStep(options);
      await step.run(batch, { learningRate: rate });
      return step.exportParameters();
    };
    const plain = await moved({ optimizer: sgd() });
    const [bySgd, byAdamW] = [
      await moved({ optimizer: sgd({ weightDecay: 3 }), groups }),
      await moved({ optimizer: adamw({ weightDecay: 3 }), groups }),
    ];
    for (const [name, [scale, decay]] of Object.entries(settings))
      start.get(name)!.data.forEach((value, index) => {
        const p = Number(value);
        const gradient = (p - Number(plain.get(name)!.data[index])) / rate;
        // SGD adds decay to the gradient; the first step of AdamW is the sign of the gradient, with decay apart.
        expect(bySgd.get(name)!.data[index]).toBeCloseTo(p - rate * scale * (gradient + decay * p), 5);
        expect(byAdamW.get(name)!.data[index]).toBeCloseTo(
          p * (1 - rate * scale * decay) - rate * scale * Math.sign(gradient),
          5,
        );
      });
  });

  it('decays every trained parameter, biases too, by 0.01 of AdamW where nothing is said', async () => {
    const start = networkWeights();
    const silent = await makeStep({
      loss: (ops, { inputs, parameters }) => ({
        loss: ops.mul(
          ops.add(
            ops.sum(inputs['x']!),
            ops.add(
              ops.sum(parameters.get('hidden.weight')),
              ops.add(ops.sum(parameters.get('hidden.bias')), ops.sum(parameters.get('out.weight'))),
            ),
          ),
          0,
        ),
      }),
    });
    await silent.run(networkBatch(1, 2), { learningRate: 0.5 });
    const after = await silent.exportParameters();
    for (const name of ['hidden.weight', 'hidden.bias', 'out.weight'])
      start
        .get(name)!
        .data.forEach((value, index) =>
          expect(after.get(name)!.data[index]).toBeCloseTo(Number(value) * (1 - 0.5 * 0.01), 6),
        );
  });

  it('refuses a rate that is no number from 0', async () => {
    const step = await makeStep();
    for (const learningRate of [NaN, -1, Infinity])
      await expect(step.run(networkBatch(1, 2), { learningRate })).rejects.toThrow(
        `expected a learning rate of at least 0, got ${learningRate}`,
      );
    expect(step.steps).toBe(0);
  });

  it('forgets gradients that wait when a state without them is restored', async () => {
    const step = await makeStep({ accumulate: 2 });
    const state = await step.exportState();
    await step.run(networkBatch(9, 4), { learningRate: 0.01 });
    step.restoreState(state);
    const fresh = await makeStep({ accumulate: 2 });
    for (const seed of [1, 2])
      for (const each of [step, fresh]) await each.run(networkBatch(seed, 4), { learningRate: 0.01 });
    expect(await step.exportState()).toEqual(await fresh.exportState());
  });

  it('releases the first graph where the second cannot be compiled', async () => {
    const backend = createBackend();
    let disposed = 0;
    const failing: typeof backend = {
      ...backend,
      compile: async (graph, options) => {
        if (options?.name === 'train-update') throw new Error('no memory');
        const executable = await backend.compile(graph, options);
        return { ...executable, dispose: () => (disposed++, executable.dispose()) };
      },
    };
    await expect(makeStep({ backend: failing, accumulate: 2 })).rejects.toThrow('no memory');
    expect(disposed).toBe(1);
  });

  it('throws on a loss that is not finite and keeps the state of before', async () => {
    const step = await makeStep();
    const before = await step.exportState();
    const bad = { ...networkBatch(1, 2), y: float32([2, 1], [NaN, 0]) };
    await expect(step.run(bad, { learningRate: 0.1 })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringContaining('finite loss, got NaN') as string,
    });
    expect(await step.exportState()).toEqual(before);
  });

  it('skips such a loss where asked to', async () => {
    const step = await makeStep({ onNonFinite: 'skip' });
    const result = await step.run(
      { ...networkBatch(1, 2), y: float32([2, 1], [Infinity, 0]) },
      { learningRate: 0.1 },
    );
    expect(result).toMatchObject({ skipped: true, updated: false });
    expect(step.steps).toBe(0);
  });

  it('goes on after such a loss as if that batch had never been, also when memory is written over', async () => {
    const bad = { ...networkBatch(9, 2), y: float32([2, 1], [Infinity, 0]) };
    for (const accumulate of [1, 2]) {
      const [step, untouched] = [
        await makeStep({ optimizer: adamw(), accumulate, onNonFinite: 'skip' }),
        await makeStep({ optimizer: adamw(), accumulate }),
      ];
      for (let seed = 1; seed <= 6; seed++) {
        for (const each of [step, untouched]) await each.run(networkBatch(seed, 3), { learningRate: 0.05 });
        expect(await step.run(bad, { learningRate: 0.05 })).toMatchObject({ skipped: true });
        expect(await step.exportState()).toEqual(await untouched.exportState());
      }
    }
  });

  it('is an update of its own on a backend that reuses memory, or where batches wait', async () => {
    for (const accumulate of [1, 2]) {
      const names: (string | undefined)[] = [];
      const backend = createBackend();
      const compile: typeof backend.compile = (graph, options) => {
        names.push(options?.name);
        return backend.compile(graph, options);
      };
      await makeStep({ backend: { ...backend, compile }, accumulate });
      const apart = reusesMemory || accumulate > 1;
      expect(names).toEqual(apart ? ['train-step', 'train-update'] : ['train-step']);
    }
  });

  it('limits the joint norm of the gradients', async () => {
    const step = await makeStep({ optimizer: sgd(), maxGradientNorm: 1e-3 });
    const before = networkWeights();
    await step.run(networkBatch(1, 8), { learningRate: 1 });
    const after = await step.exportParameters();
    const squares = [...before].flatMap(([name, { data }]) =>
      name === 'batches' ? [] : Array.from(data, (value, i) => (after.get(name)!.data[i]! - value) ** 2),
    );
    expect(Math.sqrt(squares.reduce((a, b) => a + b))).toBeCloseTo(1e-3, 6);
  });

  it('keeps no more values alive from step to step, and none after disposal', async () => {
    for (const accumulate of [1, 2]) {
      const backend = createBackend();
      const step = await makeStep({ backend, accumulate });
      const counts: number[] = [];
      for (let index = 0; index < 6; index++) {
        await step.run(networkBatch(index, 2), { learningRate: 0.01 });
        counts.push(backend.liveTensors());
      }
      expect(counts.slice(4)).toEqual(counts.slice(2, 4));
      step.dispose();
      step.dispose();
      expect(backend.liveTensors()).toBe(0);
      await expect(step.run(networkBatch(0, 2), { learningRate: 0.01 })).rejects.toThrow(
        'used after dispose()',
      );
    }
  });

  it('writes parameters over themselves and buffers over the values before, where it may', async () => {
    const step = await makeStep({ onNonFinite: 'skip' });
    const [weights, buffers] = [new Set<unknown>(), new Set<unknown>()];
    const bad = { ...networkBatch(9, 2), y: float32([2, 1], [Infinity, 0]) };
    for (let seed = 1; seed <= 5; seed++) {
      await step.run(networkBatch(seed, 2), { learningRate: 0.1 });
      await step.run(bad, { learningRate: 0.1 });
      weights.add(step.parameters['out.weight']);
      buffers.add(step.parameters['batches']);
    }
    expect([weights.size, buffers.size]).toEqual(reusesMemory ? [1, 2] : [5, 5]);
  });

  it('leaves the weights that it was given and what it exported alone', async () => {
    const weights = networkWeights();
    const step = await makeStep({ weights });
    await step.run(networkBatch(1, 2), { learningRate: 0.1 });
    const [exported, state] = [await step.exportParameters(), await step.exportState()];
    const copies = structuredClone([weights, exported, state.tensors]);
    for (const seed of [2, 3]) await step.run(networkBatch(seed, 2), { learningRate: 0.1 });
    expect([weights, exported, state.tensors]).toEqual(copies);
  });

  it('reads weights that stay in a file once, and not those that it does not run with', async () => {
    const reads: string[] = [];
    const file = { path: 'weights', offset: 0, size: 0, changed: 0 };
    const stayInFile = ([name, { shape, data }]: readonly [string, HostTensor]) => {
      const read = (target: Float32Array) => {
        reads.push(name);
        target.set(data);
      };
      return [name, deferredTensor('float32', shape, file, read)] as const;
    };
    const later = parameter([2], torchDefault(2));
    const weights = new Map([...networkWeights(), ['later', float32([2], [1, 2])] as const].map(stayInFile));
    const step = await makeStep({ specs: { ...NETWORK, later }, weights, frozen: ['hidden.', 'later'] });
    for (const seed of [1, 2, 3]) await step.run(networkBatch(seed, 2), { learningRate: 0.1 });
    expect(reads).toEqual(Object.keys(NETWORK));
    expect([...(await step.exportParameters()).get('later')!.data]).toEqual([1, 2]);

    const { tensors, ...state } = await step.exportState();
    reads.length = 0;
    step.restoreState({ ...state, tensors: new Map([...tensors].map(stayInFile)) });
    for (const seed of [4, 5]) await step.run(networkBatch(seed, 2), { learningRate: 0.1 });
    const parameters = Object.keys(NETWORK).map((name) => `parameters/${name}`);
    expect(reads.filter((name) => name.startsWith('parameters/'))).toEqual(parameters);
  });

  it('is of no further use where an update fails that may have written a part of the state', async () => {
    const backend = createBackend();
    const failing: typeof backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        if (options?.name === 'train-update') executable.run = () => Promise.reject(new Error('no memory'));
        return executable;
      },
    };
    const step = await makeStep({ backend: failing, accumulate: 2 });
    const run = () => step.run(networkBatch(1, 2), { learningRate: 0.1 });
    await run();
    await expect(run()).rejects.toThrow('no memory');
    if (reusesMemory) await expect(run()).rejects.toMatchObject({ code: 'DISPOSED' });
    else expect((await step.exportState()).accumulated).toBe(2);
  });

  it('names a missing input, an update of a trained parameter and a state that does not fit', async () => {
    const step = await makeStep();
    await expect(step.run({ x: networkBatch(1, 2).x }, { learningRate: 0.1 })).rejects.toThrow(
      'input "y" is missing',
    );
    for (const name of ['out.weight', 'constructor']) {
      const wrong = makeStep({
        loss: (ops, context) => ({
          ...networkLoss(ops, context),
          updates: { [name]: context.parameters.get('out.weight') },
        }),
      });
      await expect(wrong).rejects.toThrow(`expected an update of a buffer, got "${name}"`);
    }
    const other = await makeStep({ optimizer: sgd({ momentum: 0.9 }) });
    const state = await other.exportState();
    const own = await step.exportState();
    const wide = new Map(own.tensors).set('m/hidden.bias', float32([2, 2], [0, 0, 0, 0]));
    expect(() => step.restoreState({ ...own, tensors: wide })).toThrow(
      'm/hidden.bias must be [4], got [2, 2]',
    );
    expect(() => step.restoreState({ ...own, accumulated: 1 })).toThrow('1 accumulated batches');
    expect(() => step.restoreState(state)).toThrow(
      /missing m\/hidden\.weight.*unexpected momentum\/hidden\.weight/,
    );
  });
});

describe('createLossEvaluation', () => {
  it('gives the loss that the next step will report', async () => {
    const backend = createRoundingBackend();
    const step = await makeStep({ backend });
    const evaluation = await createLossEvaluation({
      backend,
      specs: NETWORK,
      inputs: NETWORK_INPUTS,
      loss: networkLoss,
    });
    await step.run(networkBatch(1, 4), { learningRate: 0.1 });
    const { loss, metrics } = await evaluation.run(networkBatch(2, 4), step.parameters);
    expect(await step.run(networkBatch(2, 4), { learningRate: 0.1 })).toMatchObject({ loss, metrics });
  });
});
