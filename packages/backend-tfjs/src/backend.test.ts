import * as tf from '@tensorflow/tfjs';
import { float32, hostTensor, runToHost, trace } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { createTfjsBackend } from './index.js';

const block = trace(
  {
    inputs: { x: { shape: ['n', 3, 8, 8] } },
    parameters: {
      w: { shape: [4, 3, 3, 3], init: { kind: 'normal', std: 1 }, trainable: true },
      v: { shape: [4, 4, 3, 3], init: { kind: 'normal', std: 1 }, trainable: true },
      s: { shape: [4], init: { kind: 'constant', value: 1 }, trainable: true },
    },
  },
  (ops, { inputs, parameters }) => {
    const first = ops.conv2d(inputs['x']!, parameters.get('w'), { strides: [2, 2], padding: [1, 1, 1, 1] });
    const shift = ops.reshape(parameters.get('s'), [4, 1, 1]);
    const second = ops.conv2d(ops.relu(ops.add(first, shift)), parameters.get('v'), {
      padding: [1, 1, 1, 1],
    });
    const joined = ops.add(first, second);
    return { y: joined, mean: ops.mean(joined, { axes: [2, 3] }), rows: ops.max(joined, { axes: [0, 1] }) };
  },
);

const ramp = (count: number, step = 0.37) =>
  Float32Array.from({ length: count }, (_, index) => Math.sin(index * step));
const weights = new Map([
  ['w', float32([4, 3, 3, 3], ramp(108))],
  ['v', float32([4, 4, 3, 3], ramp(144, 0.51))],
  ['s', float32([4], ramp(4))],
]);

describe.each(['cpu', 'wasm'] as const)('a residual block on tfjs %s', (engine) => {
  it('agrees with the reference where values stay channels-last between convolutions', async () => {
    const x = float32([2, 3, 8, 8], ramp(384, 0.11));
    const backend = await createTfjsBackend({ engine });
    const [actual, expected] = await Promise.all(
      [backend, createReferenceBackend()].map(async (each) =>
        runToHost(await each.compile(block, { weights }), { x }),
      ),
    );
    for (const [name, { data, shape }] of Object.entries(expected!)) {
      expect(actual![name]!.shape).toEqual(shape);
      data.forEach((value, index) => expect(actual![name]!.data[index]).toBeCloseTo(value, 4));
    }
    backend.dispose();
  });

  it('leaves no array of TensorFlow.js behind', async () => {
    const backend = await createTfjsBackend({ engine });
    const x = float32([1, 3, 8, 8], ramp(192));
    const before = tf.memory().numTensors;
    const executable = await backend.compile(block, { weights });
    await runToHost(executable, { x });
    const afterOne = tf.memory().numTensors;
    await runToHost(executable, { x });
    expect(tf.memory().numTensors).toBe(afterOne);
    expect(backend.liveTensors()).toBe(0);
    executable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves nothing behind when an operation fails', async () => {
    const backend = await createTfjsBackend({ engine });
    const graph = trace(
      { inputs: { x: { shape: [4, 2] }, n: { shape: [1], dtype: 'int32' } } },
      (ops, { inputs }) => ({
        y: ops.gather(ops.exp(inputs['x']!), inputs['n']!, 0),
      }),
    );
    const executable = await backend.compile(graph, { name: 'lookup' });
    const before = tf.memory().numTensors;
    const wrong = { x: float32([4, 2], ramp(8)), n: hostTensor('int32', [1], [9]) };
    await expect(executable.run(wrong)).rejects.toThrow(/lookup: .*gather/);
    expect(tf.memory().numTensors).toBe(before);
    expect(backend.liveTensors()).toBe(0);
  });

  it('leaves nothing behind where a compilation fails or is aborted', async () => {
    const backend = await createTfjsBackend({ engine });
    const before = tf.memory().numTensors;
    const full = Object.assign(ramp(144), {
      slice: () => {
        throw new Error('no memory');
      },
    });
    const broken = new Map([...weights, ['v', float32([4, 4, 3, 3], full)]]);
    await expect(backend.compile(block, { weights: broken })).rejects.toThrow('no memory');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(backend.compile(block, { weights, signal })).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    backend.dispose();
  });

  it('runs an empty batch', async () => {
    const backend = await createTfjsBackend({ engine });
    const graph = trace({ inputs: { x: { shape: ['n', 3] }, y: { shape: ['m', 3] } } }, (ops, { inputs }) => {
      const { x, y } = inputs as Record<'x' | 'y', (typeof inputs)[string]>;
      return {
        joined: ops.concat([x, y], 0),
        product: ops.matmul(x, y, { transposeB: true }),
        inner: ops.matmul(x, x, { transposeA: true }),
        total: ops.sum(ops.exp(x), { axes: [0] }),
        padded: ops.pad(
          x,
          [
            [1, 0],
            [0, 0],
          ],
          7,
        ),
      };
    });
    const result = await runToHost(await backend.compile(graph), {
      x: float32([0, 3], []),
      y: float32([1, 3], [1, 2, 3]),
    });
    expect(result['joined']).toEqual(float32([1, 3], [1, 2, 3]));
    expect(result['product']).toEqual(float32([0, 1], []));
    expect(result['inner']).toEqual(float32([3, 3], new Float32Array(9)));
    expect(result['total']).toEqual(float32([3], [0, 0, 0]));
    expect(result['padded']).toEqual(float32([1, 3], [7, 7, 7]));
    backend.dispose();
  });
});

describe('two engines in one process', () => {
  it('take turns without disturbing each other or the application', async () => {
    await tf.setBackend('cpu');
    const [cpu, wasm] = await Promise.all([
      createTfjsBackend({ engine: 'cpu' }),
      createTfjsBackend({ engine: 'wasm' }),
    ]);
    const graph = trace({ inputs: { x: { shape: [3] } } }, (ops, { inputs }) => ({
      y: ops.mul(inputs['x']!, 2),
    }));
    const executables = await Promise.all([cpu, wasm].map((backend) => backend.compile(graph)));
    const runs = Array.from({ length: 6 }, (_, index) =>
      runToHost(executables[index % 2]!, { x: float32([3], [index, 1, 2]) }),
    );
    (await Promise.all(runs)).forEach(({ y }, index) => expect([...y!.data]).toEqual([2 * index, 2, 4]));
    expect(tf.getBackend()).toBe('cpu');
    expect([cpu.name, wasm.name]).toEqual(['tfjs/cpu', 'tfjs/wasm']);
    expect(cpu.versions['tfjs']).toMatch(/^4\./);
  });
});
