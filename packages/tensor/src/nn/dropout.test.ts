import { ConfigError } from '@crrg/core';
import { createReferenceBackend } from '../testing.js';
import { describe, expect, it } from 'vitest';
import { runToHost } from '../backend.js';
import { gradients } from '../gradients.js';
import { float32, int32 } from '../host-tensor.js';
import { uniformNumbers } from '../ops/random.js';
import { trace } from '../trace.js';
import { createDropout } from './dropout.js';

const SIZE = 4000;

/** Two places of one network over ones, and the gradient of the sum of the first. */
async function drop(rate: number, seed: number) {
  const graph = trace(
    { inputs: { x: { shape: [SIZE] }, seed: { shape: [], dtype: 'int32' } } },
    (ops, { inputs }) => {
      const dropout = createDropout(ops, { rate, seed: inputs['seed']! });
      const first = dropout(inputs['x']!, 'first');
      const gradient = gradients(ops, ops.sum(first), [inputs['x']!])[0]!;
      return { first, second: dropout(inputs['x']!, 'second'), gradient };
    },
  );
  const executable = await createReferenceBackend().compile(graph);
  const x = float32([SIZE], new Float32Array(SIZE).fill(1));
  const results = await runToHost(executable, { x, seed: int32([], [seed]) });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data].map(Number)]));
}

const share = (values: readonly number[], of: (value: number, index: number) => boolean) =>
  values.filter(of).length / values.length;

describe('createDropout', () => {
  it('zeroes the given share of the values and keeps the mean', async () => {
    const { first } = await drop(0.25, 5);
    // Five standard errors of a share of 4,000 draws.
    expect(Math.abs(share(first!, (value) => value === 0) - 0.25)).toBeLessThan(0.035);
    expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  });

  it('draws other numbers at another place and with another seed, the same with the same', async () => {
    const [one, again, other] = [await drop(0.5, 5), await drop(0.5, 5), await drop(0.5, 6)];
    expect(one).toEqual(again);
    // Independent coins agree half of the time.
    for (const values of [one['second']!, other['first']!])
      expect(Math.abs(share(values, (value, index) => value === one['first']![index]) - 0.5)).toBeLessThan(
        0.04,
      );
  });

  it('lets gradient through where it let the value through', async () => {
    const { first, gradient } = await drop(0.25, 5);
    expect(gradient).toEqual(first);
  });

  it('is nothing at rate 0, and refuses rates outside [0, 1)', async () => {
    expect((await drop(0, 5))['first']).toEqual(new Array(SIZE).fill(1));
    await expect(drop(1, 5)).rejects.toThrow(ConfigError);
    await expect(drop(-0.1, 5)).rejects.toThrow('rate must be in [0, 1), got -0.1');
  });
});

it('numbers from a seed have 24 bits, so that none rounds to 1', () => {
  expect(uniformNumbers(3, 200).every((value) => Number.isInteger(value * 2 ** 24))).toBe(true);
});
