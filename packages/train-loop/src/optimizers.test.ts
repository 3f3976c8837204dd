import { float32, runToHost, trace, type HostTensor } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { adamw, clipGradients, globalNorm, sgd, type Optimizer } from './optimizers.js';

/** Runs an optimizer on one parameter with given gradients; the parameter after each step. */
async function trajectory(
  optimizer: Optimizer,
  start: number,
  gradients: readonly number[],
  learningRate: number,
): Promise<number[]> {
  const names = Object.keys(optimizer.scalars({ step: 1, learningRate }));
  const all = ['p', 'g', ...optimizer.slots, ...names];
  const graph = trace(
    { inputs: Object.fromEntries(all.map((name) => [name, { shape: [] }])) },
    (ops, { inputs }) => {
      const pick = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, inputs[key]!]));
      const { parameter, slots } = optimizer.update(ops, {
        parameter: inputs['p']!,
        gradient: inputs['g']!,
        slots: pick(optimizer.slots),
        scalars: pick(names),
        learningRateScale: 1,
        weightDecay: optimizer.weightDecay,
      });
      return { p: parameter, ...slots };
    },
  );
  const executable = await createReferenceBackend().compile(graph);
  let state: Record<string, HostTensor> = Object.fromEntries(
    ['p', ...optimizer.slots].map((name) => [name, float32([], [name === 'p' ? start : 0])]),
  );
  const seen: number[] = [];
  for (const [index, g] of gradients.entries()) {
    const scalars = Object.entries(optimizer.scalars({ step: index + 1, learningRate }));
    const inputs = Object.fromEntries(scalars.map(([name, value]) => [name, float32([], [value])]));
    state = await runToHost(executable, { ...state, ...inputs, g: float32([], [g]) });
    seen.push(state['p']!.data[0]!);
  }
  return seen;
}

describe('adamw', () => {
  it('has the betas 0.9 and 0.999 where nothing is said', async () => {
    const gradients = [0.3, -0.2, 0.7, 0.1];
    const given = await trajectory(adamw({ betas: [0.9, 0.999] }), 0.7, gradients, 0.1);
    expect(await trajectory(adamw(), 0.7, gradients, 0.1)).toEqual(given);
    expect(await trajectory(adamw({ betas: [0.9, 0.99] }), 0.7, gradients, 0.1)).not.toEqual(given);
  });

  it.each([0.999, 0])('follows the algorithm as the paper writes it, beta2 %s', async (beta2) => {
    const [rate, beta1, epsilon, decay] = [0.1, 0.9, 1e-8, 0.01];
    const gradients = [1, -2, 0.5, 0.25, 3];
    let [p, m, v] = [0.7, 0, 0];
    const expected = gradients.map((g, index) => {
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g * g;
      const [mHat, vHat] = [m / (1 - beta1 ** (index + 1)), v / (1 - beta2 ** (index + 1))];
      p = p - rate * decay * p - (rate * mHat) / (Math.sqrt(vHat) + epsilon);
      return p;
    });
    const got = await trajectory(adamw({ betas: [beta1, beta2] }), 0.7, gradients, rate);
    got.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
  });

  it('moves by the learning rate at first, whatever the size of the gradient', async () => {
    for (const gradient of [1e-4, 1, 1e4]) {
      const [p] = await trajectory(adamw({ weightDecay: 0 }), 0, [gradient], 0.01);
      expect(p).toBeCloseTo(-0.01, 5);
    }
  });

  it('names the bad setting', () => {
    expect(() => adamw({ betas: [0.9, 1] })).toThrow('beta2 must be in [0, 1), got 1');
    expect(() => adamw({ weightDecay: -1 })).toThrow('weightDecay');
  });
});

describe('sgd', () => {
  it('adds decay to the gradient and keeps a velocity', async () => {
    const got = await trajectory(sgd({ momentum: 0.5, weightDecay: 0.1 }), 1, [1, 1], 0.1);
    const first = 1 - 0.1 * 1.1;
    expect(got[0]).toBeCloseTo(first, 6);
    expect(got[1]).toBeCloseTo(first - 0.1 * (0.5 * 1.1 + 1 + 0.1 * first), 6);
  });

  it('without momentum keeps nothing', async () => {
    expect(sgd().slots).toEqual([]);
    expect((await trajectory(sgd(), 1, [2], 0.25))[0]).toBe(0.5);
  });
});

describe('clipGradients', () => {
  it('scales to the limit only what is above it', async () => {
    const graph = trace({ inputs: { a: { shape: [2] }, b: { shape: [1] } } }, (ops, { inputs }) => {
      const gradients = [inputs['a']!, inputs['b']!];
      const [a, b] = clipGradients(ops, gradients, 1);
      const [same] = clipGradients(ops, gradients, 100);
      return { norm: globalNorm(ops, gradients), a: a!, b: b!, same: same! };
    });
    const executable = await createReferenceBackend().compile(graph);
    const out = await runToHost(executable, { a: float32([2], [2, 4]), b: float32([1], [4]) });
    expect(out['norm']!.data[0]).toBeCloseTo(6, 6);
    expect(out['a']!.data[1]).toBeCloseTo(4 / 6, 5);
    expect(out['b']!.data[0]).toBeCloseTo(4 / 6, 5);
    expect([...out['same']!.data]).toEqual([2, 4]);
  });
});
