import { float32, type HostTensor } from '@crrg/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  PAIRS,
  composed,
  composedLoss,
  pairBatches,
  pairInputs,
  pairLoss,
  pairWeights,
} from './__fixtures__/pairs.js';
import { createRoundingBackend } from './__fixtures__/problems.js';
import { createLossEvaluation } from './loss-evaluation.js';
import { adamw, sgd } from './optimizers.js';
import type { TrainStepOptions } from './step-contract.js';
import { createTrainStep } from './train-step.js';

let createBackend = () => createRoundingBackend();

function makeStep(sizes: readonly number[], options: Partial<TrainStepOptions> = {}) {
  return createTrainStep({
    backend: createBackend(),
    specs: PAIRS,
    weights: pairWeights(),
    inputs: sizes.map(pairInputs),
    loss: pairLoss(),
    optimizer: adamw(),
    ...options,
  });
}

function expectClose(
  got: ReadonlyMap<string, HostTensor>,
  expected: ReadonlyMap<string, HostTensor>,
  tolerance = 1e-6,
) {
  for (const [name, { data }] of expected)
    if (name !== 'seen')
      data.forEach((value, index) =>
        expect(Math.abs(got.get(name)!.data[index]! - value), name).toBeLessThan(tolerance),
      );
}

const rate = { learningRate: 0.01 };
const bad = (sizes: readonly number[]) => {
  const [first, ...rest] = pairBatches(9, sizes);
  return [...rest, { ...first!, x: float32([sizes[0]!, 4], first!.x!.data.map(() => NaN) as Float32Array) }];
};

describe.each([false, true])('micro-batches, on a backend that reuses memory: %s', (reusesMemory) => {
  beforeEach(() => {
    createBackend = () => createRoundingBackend({ reusesMemory });
  });

  it.each([[[3, 3]], [[2, 2, 2]], [[4, 2]], [[1, 1, 1, 1, 1, 1]]])(
    'of %j pairs have loss and gradients of the whole batch',
    async (sizes) => {
      for (const [optimizer, learningRate] of [
        [sgd(), 0.5],
        [adamw(), 0.01],
      ] as const) {
        const cut = await makeStep(sizes, { optimizer });
        const whole = await makeStep([6], { optimizer });
        for (const seed of [1, 2, 3]) {
          const result = await cut.run(pairBatches(seed, sizes), { learningRate });
          const expected = await whole.run(pairBatches(seed, [6]), { learningRate });
          expect(result.loss).toBeCloseTo(expected.loss, 5);
          expect(result.metrics['largest']).toBeCloseTo(expected.metrics['largest']!, 5);
          expect(result).toMatchObject({ updated: true, skipped: false });
        }
        expectClose(await cut.exportParameters(), await whole.exportParameters());
        expect(cut.steps).toBe(3);
      }
    },
  );

  it('drop the same values each time that they are embedded, each micro-batch its own', async () => {
    const sizes = [3, 2];
    const halves = pairLoss(0.5);
    const cut = await makeStep(sizes, { loss: halves, optimizer: sgd() });
    const together = await makeStep([5], {
      inputs: composed(sizes.map(pairInputs)),
      loss: composedLoss(halves, 2),
      optimizer: sgd(),
    });
    for (const seed of [1, 2]) {
      const batches = pairBatches(seed, sizes);
      const result = await cut.run(batches, { learningRate: 0.5 });
      const expected = await together.run(composed(batches), { learningRate: 0.5 });
      expect(result.loss).toBeCloseTo(expected.loss, 5);
    }
    expectClose(await cut.exportParameters(), await together.exportParameters());
  });

  it('move buffers once each, one after the other', async () => {
    const cut = await makeStep([2, 1]);
    const batches = pairBatches(1, [2, 1]);
    await cut.run(batches, rate);
    const [first, second] = batches.map(({ x }) => [0, 1, 2, 3].map((at) => sumAt(x!, at)));
    const seen = [...(await cut.exportParameters()).get('seen')!.data];
    seen.forEach((value, at) => expect(value).toBeCloseTo(0.5 * first![at]! + second![at]!, 6));
  });

  it('are summed over several batches before an update, as whole batches are', async () => {
    const cut = await makeStep([2, 2, 1], { accumulate: 2 });
    const whole = await makeStep([5], { accumulate: 2 });
    for (const seed of [1, 2, 3, 4]) {
      const result = await cut.run(pairBatches(seed, [2, 2, 1]), rate);
      await whole.run(pairBatches(seed, [5]), rate);
      expect(result.updated).toBe(seed % 2 === 0);
    }
    expectClose(await cut.exportParameters(), await whole.exportParameters());
  });

  it('keep to the limit of the joint norm and to frozen parameters', async () => {
    const more = { frozen: ['scale', 'left.'], maxGradientNorm: 0.01, optimizer: sgd() };
    const cut = await makeStep([2, 3], more);
    const whole = await makeStep([5], more);
    await cut.run(pairBatches(1, [2, 3]), { learningRate: 1 });
    await whole.run(pairBatches(1, [5]), { learningRate: 1 });
    const after = await cut.exportParameters();
    expectClose(after, await whole.exportParameters());
    for (const name of ['scale', 'left.weight']) expect(after.get(name)).toEqual(pairWeights().get(name));
    expect(after.get('right.weight')).not.toEqual(pairWeights().get('right.weight'));
  });

  it('go on exactly from an exported state, also between updates, and give the same again', async () => {
    for (const accumulate of [1, 2]) {
      const step = await makeStep([2, 1], { accumulate });
      for (const seed of [1, 2, 3]) await step.run(pairBatches(seed, [2, 1]), rate);
      const copy = await makeStep([2, 1], { accumulate });
      copy.restoreState(await step.exportState());
      for (const seed of [4, 5, 6])
        expect(await copy.run(pairBatches(seed, [2, 1]), rate)).toEqual(
          await step.run(pairBatches(seed, [2, 1]), rate),
        );
      expect(await copy.exportState()).toEqual(await step.exportState());
    }
    const waiting = await makeStep([2, 1], { accumulate: 2 });
    await waiting.run(pairBatches(1, [2, 1]), rate);
    const state = await waiting.exportState();
    expect((await makeStep([2, 1])).restoreState.bind(undefined, state)).toThrow('1 accumulated batches');
  });

  it('have no effect where their loss is not finite', async () => {
    const step = await makeStep([2, 1], { onNonFinite: 'skip', accumulate: 2 });
    const untouched = await makeStep([2, 1], { accumulate: 2 });
    for (const seed of [1, 2, 3]) {
      for (const each of [step, untouched]) await each.run(pairBatches(seed, [2, 1]), rate);
      expect(await step.run(bad([1, 2]), rate)).toMatchObject({ skipped: true, updated: false });
      expect(await step.exportState()).toEqual(await untouched.exportState());
    }
    const strict = await makeStep([2, 1]);
    await expect(strict.run(bad([1, 2]), rate)).rejects.toThrow('expected a finite loss, got NaN');
  });

  it('drop all gradients that wait where one of them fails', async () => {
    const backend = createBackend();
    let runs = 0;
    const failing: typeof backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        if (options?.name !== 'train-micro-batch') return executable;
        const run: typeof executable.run = (...given) =>
          ++runs === 4 ? Promise.reject(new Error('no memory')) : executable.run(...given);
        return { ...executable, run };
      },
    };
    const step = await makeStep([2, 2], { backend: failing, accumulate: 2 });
    await step.run(pairBatches(1, [2, 2]), rate);
    await expect(step.run(pairBatches(2, [2, 2]), rate)).rejects.toThrow('no memory');
    expect((await step.exportState()).accumulated).toBe(0);
    const fresh = await makeStep([2, 2], { accumulate: 2 });
    for (const seed of [3, 4])
      for (const each of [step, fresh]) await each.run(pairBatches(seed, [2, 2]), rate);
    expectClose(await step.exportParameters(), await fresh.exportParameters(), 1e-12);
  });

  it('share a graph where they are alike, and keep no more values alive from step to step', async () => {
    const backend = createBackend();
    const names: (string | undefined)[] = [];
    const compile: typeof backend.compile = (graph, options) => {
      names.push(options?.name);
      return backend.compile(graph, options);
    };
    const step = await makeStep([2, 2, 1], { backend: { ...backend, compile } });
    const kinds = ['embed-micro-batch', 'embed-micro-batch', 'train-slopes', 'train-micro-batch'];
    expect(names).toEqual([...kinds, 'train-micro-batch', 'train-update']);
    const counts: number[] = [];
    for (let seed = 0; seed < 6; seed++) {
      await step.run(pairBatches(seed, [2, 2, 1]), rate);
      counts.push(backend.liveTensors());
    }
    expect(counts.slice(4)).toEqual(counts.slice(2, 4));
    step.dispose();
    expect(backend.liveTensors()).toBe(0);
  });

  it('add gradients to those of the micro-batch before in their place, and keep the buffers that they read', async () => {
    const backend = createBackend();
    const inPlace: boolean[][] = [];
    const compile: typeof backend.compile = async (graph, options) => {
      const executable = await backend.compile(graph, options);
      if (options?.name !== 'train-micro-batch') return executable;
      const run: typeof executable.run = (inputs, { into = {} } = {}) => {
        const [gradient, seen] = [into['next/gradients/left.weight'], into['next/parameters/seen']];
        inPlace.push([gradient === inputs['gradients/left.weight'], seen === inputs['seen']]);
        return executable.run(inputs, { into });
      };
      return { ...executable, run };
    };
    const step = await makeStep([1, 1, 1], { backend: { ...backend, compile } });
    for (const seed of [1, 2]) await step.run(pairBatches(seed, [1, 1, 1]), rate);
    // The first one of a batch finds zeros that are not its own.
    const batch = [false, reusesMemory, reusesMemory].map((gradient) => [gradient, false]);
    expect(inPlace).toEqual([...batch, ...batch]);
  });

  it('are evaluated as the whole batch is', async () => {
    const [specs, loss, backend] = [PAIRS, pairLoss(), createBackend()];
    const cut = await createLossEvaluation({ backend, specs, loss, inputs: [2, 2, 1].map(pairInputs) });
    const whole = await createLossEvaluation({ backend, specs, loss, inputs: pairInputs(5) });
    const weights = Object.fromEntries(pairWeights());
    const result = await cut.run(pairBatches(1, [2, 2, 1]), weights);
    const expected = await whole.run(pairBatches(1, [5]), weights);
    expect(result.loss).toBeCloseTo(expected.loss, 6);
    expect(result.metrics['largest']).toBeCloseTo(expected.metrics['largest']!, 6);
    for (const each of [cut, whole]) each.dispose();
    expect(backend.liveTensors()).toBe(0);
  });

  it.each([
    ['embed-micro-batch', 2],
    ['train-slopes', 1],
    ['train-micro-batch', 2],
    ['train-update', 1],
  ])('release the graphs before a %s that cannot be compiled', async (name, nth) => {
    const backend = createBackend();
    let [alive, seen] = [0, 0];
    const compile: typeof backend.compile = async (graph, options) => {
      if (options?.name === name && ++seen === nth) throw new Error('no memory');
      alive += 1;
      const executable = await backend.compile(graph, options);
      return { ...executable, dispose: () => (alive--, executable.dispose()) };
    };
    await expect(makeStep([2, 1], { backend: { ...backend, compile } })).rejects.toThrow('no memory');
    expect(alive).toBe(0);
  });

  it('need a loss in halves, fixed rows, and as many micro-batches as the step was made for', async () => {
    const { embed, compare } = pairLoss();
    const plain: TrainStepOptions['loss'] = (ops, context) => pairLoss()(ops, context);
    const halves = expect.objectContaining({ code: 'CONFIG' }) as Error;
    await expect(makeStep([2, 1], { loss: plain })).rejects.toEqual(halves);
    await expect(makeStep([2, 1], { loss: plain })).rejects.toThrow(
      'for 2 micro-batches, got one whose halves',
    );
    await expect(makeStep([])).rejects.toThrow('expected a batch or its micro-batches, got an empty list');
    const open = { ...pairInputs(1), x: { shape: ['rows', 4] }, y: { shape: ['rows', 2] } };
    await expect(makeStep([], { inputs: [open, pairInputs(1)] })).rejects.toThrow(
      'expected a fixed size, got rows',
    );
    const scalar = Object.assign(plain.bind(undefined), {
      compare,
      embed: (...given: Parameters<typeof embed>) => ({
        embeddings: { left: given[0].sum(embed(...given).embeddings['left']!) },
      }),
    });
    await expect(makeStep([2, 1], { loss: scalar })).rejects.toThrow('expected float32 rows as "left"');
    const step = await makeStep([2, 1]);
    const other = expect.objectContaining({ code: 'SHAPE' }) as Error;
    await expect(step.run(pairBatches(1, [3]), rate)).rejects.toEqual(other);
    await expect(step.run(pairBatches(1, [1, 1, 1]), rate)).rejects.toThrow(
      'expected 2 micro-batches, got 3',
    );
    const whole = await makeStep([3]);
    await expect(whole.run(pairBatches(1, [2, 1]), rate)).rejects.toThrow('expected 1 micro-batches, got 2');
  });
});

function sumAt({ data, shape }: HostTensor, at: number): number {
  return Array.from({ length: shape[0]! }, (_, row) => Number(data[row * shape[1]! + at])).reduce(
    (sum, value) => sum + value,
  );
}
