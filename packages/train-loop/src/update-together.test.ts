import { createRandom } from '@crrg/core';
import { float32, runToHost, sizeOf, trace, type Graph } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { adamw, sgd, type Optimizer, type ParameterUpdate, type UpdatedParameter } from './optimizers.js';
import { updateTogether } from './update-together.js';

const shapes = [[3], [2, 2], [], [5], [70, 70], [4]] as const;
/** Decay of each; the fourth is on its own. */
const decays = [0, 0, 0, 0.1, 0, 0];

function updateGraph(
  optimizer: Optimizer,
  update: (
    updates: readonly ParameterUpdate[],
  ) => (ops: Parameters<Optimizer['update']>[0]) => UpdatedParameter[],
): Graph {
  const scalarNames = Object.keys(optimizer.scalars({ step: 1, learningRate: 1 }));
  const columns = ['parameter', 'gradient', ...optimizer.slots];
  const inputs = Object.fromEntries([
    ...scalarNames.map((name) => [name, { shape: [] }]),
    ...columns.flatMap((column) => shapes.map((shape, index) => [`${column}${index}`, { shape }])),
  ]) as Record<string, { shape: readonly number[] }>;
  return trace({ inputs }, (ops, traced) => {
    const scalars = Object.fromEntries(scalarNames.map((name) => [name, traced.inputs[name]!]));
    const updates = shapes.map((_, index) => ({
      parameter: traced.inputs[`parameter${index}`]!,
      gradient: traced.inputs[`gradient${index}`]!,
      slots: Object.fromEntries(optimizer.slots.map((slot) => [slot, traced.inputs[`${slot}${index}`]!])),
      scalars,
      learningRateScale: 1,
      weightDecay: decays[index]!,
    }));
    const moved = update(updates)(ops);
    return Object.fromEntries(
      moved.flatMap(({ parameter, slots }, index) => [
        [`parameter${index}`, parameter],
        ...Object.entries(slots).map(([slot, value]) => [`${slot}${index}`, value] as const),
      ]),
    );
  });
}

async function run(graph: Graph, optimizer: Optimizer) {
  const random = createRandom(3);
  const scalars = optimizer.scalars({ step: 2, learningRate: 0.1 });
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name, tensor }) => {
      const shape = tensor.shape as readonly number[];
      const values = Float32Array.from({ length: sizeOf(shape) }, () => random.next());
      return [name, float32(shape, name in scalars ? [scalars[name]!] : values)];
    }),
  );
  return runToHost(await createReferenceBackend().compile(graph), inputs);
}

describe('updateTogether', () => {
  it.each([adamw(), sgd({ momentum: 0.9 })])('gives what $name gives one by one', async (optimizer) => {
    const together = updateGraph(optimizer, (updates) => (ops) => updateTogether(ops, optimizer, updates));
    const apart = updateGraph(
      optimizer,
      (updates) => (ops) => updates.map((update) => optimizer.update(ops, update)),
    );
    expect(await run(together, optimizer)).toEqual(await run(apart, optimizer));
  });

  it.each([
    [false, [5, 3 + 4 + 1 + 4, 4900]],
    [true, [1, 3, 4, 4, 5, 4900]],
  ])(
    'moves small parameters of one setting together, unless a rule needs them whole (%s)',
    (wholeTensors, sizes) => {
      const seen: number[] = [];
      const plain = sgd();
      const counting: Optimizer = {
        ...plain,
        wholeTensors,
        update(ops, update) {
          seen.push(sizeOf(update.parameter.shape as readonly number[]));
          return plain.update(ops, update);
        },
      };
      updateGraph(counting, (updates) => (ops) => updateTogether(ops, counting, updates));
      expect(seen.sort((a, b) => a - b)).toEqual(sizes);
    },
  );
});
