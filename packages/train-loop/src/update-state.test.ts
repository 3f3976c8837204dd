import { createRandom } from '@crrg/core';
import { float32, parameter, sizeOf, torchDefault, type Backend, type HostTensor } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { createRoundingBackend } from './__fixtures__/problems.js';
import { adamw, sgd, type Optimizer } from './optimizers.js';
import { selectTrainable } from './parameter-groups.js';
import { createStateUpdate } from './update-state.js';
import { ValueTable } from './value-table.js';

const SHAPES: Readonly<Record<string, number[]>> = { large: [2, 4], decayed: [7], alike: [9], small: [3] };
const SPECS = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape]) => [name, parameter(shape, torchDefault(1))]),
);
const BY_PIECES = { large: 3, piece: 3 };
const AT_ONCE = { large: Infinity, piece: 3 };

/** The same backend, counting runs by the name of the graph. */
function countRuns(backend: Backend, runs: Record<string, number>): Backend {
  return {
    ...backend,
    compile: async (graph, options) => {
      const executable = await backend.compile(graph, options);
      const name = options!.name!;
      return {
        ...executable,
        run: (...given) => {
          runs[name] = (runs[name] ?? 0) + 1;
          return executable.run(...given);
        },
      };
    },
  };
}

/** The state after two updates by made-up gradients. */
async function moved(
  sizes: typeof BY_PIECES,
  {
    reusesMemory = true,
    optimizer = adamw() as Optimizer,
    maxGradientNorm = undefined as number | undefined,
  },
) {
  const runs: Record<string, number> = {};
  const backend = createRoundingBackend({ reusesMemory });
  const trainable = selectTrainable(SPECS, {
    weightDecay: 0.01,
    groups: [{ match: ['decayed'], weightDecay: 0.5 }],
  });
  const random = createRandom(2);
  const numbers = (shape: readonly number[]) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    );
  const values = new ValueTable(reusesMemory);
  const given = new Map<string, HostTensor>();
  for (const [name, shape] of Object.entries(SHAPES))
    for (const prefix of ['parameters', 'gradients', ...optimizer.slots]) {
      const value = prefix === 'v' ? float32(shape, numbers(shape).data.map(Math.abs)) : numbers(shape);
      given.set(`${prefix}/${name}`, value);
      values.set(`${prefix}/${name}`, value);
    }
  const copies = structuredClone(given);
  const update = await createStateUpdate(
    {
      ...{ backend: countRuns(backend, runs), specs: SPECS, weights: new Map(), batches: [{}] },
      ...{ loss: (ops) => ({ loss: ops.scalar(0) }), optimizer, trainable, maxGradientNorm },
    },
    sizes,
  );
  for (const step of [1, 2]) {
    const scalars = Object.entries(optimizer.scalars({ step, learningRate: 0.1 }));
    const inputs = scalars.map(([name, value]) => [`optimizer/${name}`, float32([], [value])] as const);
    await update.run(values, Object.fromEntries(inputs));
  }
  expect(given).toEqual(copies);
  const state: Record<string, HostTensor> = {};
  for (const [name] of values.entries()) state[name] = await values.read(name);
  update.dispose();
  values.dispose();
  expect(backend.liveTensors()).toBe(0);
  return { state, runs };
}

describe('createStateUpdate', () => {
  it('moves large parameters by pieces, each with its settings, to the same values as at once', async () => {
    for (const optimizer of [adamw(), sgd({ momentum: 0.9, weightDecay: 0.1 })]) {
      const [byPieces, atOnce] = [await moved(BY_PIECES, { optimizer }), await moved(AT_ONCE, { optimizer })];
      expect(byPieces.state).toEqual(atOnce.state);
      // Of 8, 7 and 9 values: three pieces each.
      expect(byPieces.runs).toEqual({ 'train-update': 2, 'train-update-piece': 2 * 9 });
      expect(atOnce.runs).toEqual({ 'train-update': 2 });
    }
  });

  it('moves parameters as a whole where something looks at them as a whole, or nothing is written in place', async () => {
    for (const options of [
      { optimizer: { ...sgd(), wholeTensors: true } },
      { maxGradientNorm: 1 },
      { reusesMemory: false },
    ])
      expect((await moved(BY_PIECES, options)).runs).toEqual({ 'train-update': 2 });
  });

  it('releases what it compiled where a later graph fails', async () => {
    const backend = createRoundingBackend({ reusesMemory: true });
    let alive = 0;
    const compile: Backend['compile'] = async (graph, options) => {
      if (options?.name === 'train-update-piece') throw new Error('no memory');
      alive += 1;
      return { ...(await backend.compile(graph, options)), dispose: () => (alive -= 1) };
    };
    const plan = {
      ...{ backend: { ...backend, compile }, specs: SPECS, weights: new Map(), batches: [{}] },
      ...{ optimizer: sgd(), trainable: selectTrainable(SPECS, { weightDecay: 0 }) },
      loss: () => {
        throw new Error('not traced');
      },
    };
    await expect(createStateUpdate(plan, BY_PIECES)).rejects.toThrow('no memory');
    expect(alive).toBe(0);
  });
});
