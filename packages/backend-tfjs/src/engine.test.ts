import * as tf from '@tensorflow/tfjs';
import { float32, runToHost, trace } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { openTfjsBackend } from './backend.js';
import { createTfjsBackend } from './index.js';
import type { ImportModule, Tf } from './tf.js';

const double = trace({ inputs: { x: { shape: [2] } } }, (ops, { inputs }) => ({
  y: ops.mul(inputs['x']!, 2),
}));

/** Stands for the native package: TensorFlow.js whose `tensorflow` engine is the plain CPU one under another name. */
function nativeStandIn(): Tf {
  if (!tf.engine().registryFactory['tensorflow']) {
    tf.copyRegisteredKernels('cpu', 'tensorflow');
    tf.registerBackend('tensorflow', tf.engine().registryFactory['cpu']!.factory);
  }
  return tf;
}

const absent: ImportModule = (specifier) =>
  Promise.reject(new Error(`Cannot find package '${specifier}'\nmore`));

describe('the engines of createTfjsBackend', () => {
  it.each([
    ['node', '@tensorflow/tfjs-node'],
    ['node-gpu', '@tensorflow/tfjs-node-gpu'],
  ] as const)('loads %s from %s and runs on its engine', async (engine, specifier) => {
    const asked: string[] = [];
    const backend = await openTfjsBackend({ engine }, async (name) => {
      asked.push(name);
      return { default: nativeStandIn() };
    });
    const { y } = await runToHost(await backend.compile(double), { x: float32([2], [1, 2]) });
    expect([...y!.data]).toEqual([2, 4]);
    expect(asked).toEqual([specifier]);
    expect(backend.name).toBe(`tfjs/${engine}`);
  });

  it('takes a module that the application loaded, and loads nothing', async () => {
    const backend = await openTfjsBackend({ engine: 'node', tf: nativeStandIn() }, absent);
    expect(backend.name).toBe('tfjs/node');
  });

  it.each(['cpu', 'webgl', 'node', 'node-gpu'] as const)(
    'says what to install where the package of %s is missing',
    async (engine) => {
      const refused = openTfjsBackend({ engine }, absent);
      await expect(refused).rejects.toMatchObject({ code: 'BACKEND' });
      await expect(refused).rejects.toThrow(
        /Cannot find package .*run `npm install @tensorflow\/tfjs(-node|-node-gpu)?`/,
      );
    },
  );

  it('says that the plug-in of webgpu is missing', async () => {
    const onlyUnion: ImportModule = (name) =>
      name === '@tensorflow/tfjs' ? Promise.resolve(tf) : absent(name);
    await expect(openTfjsBackend({ engine: 'webgpu' }, onlyUnion)).rejects.toThrow(
      'npm install @tensorflow/tfjs-backend-webgpu',
    );
  });

  it('says that an engine does not start on this machine', async () => {
    await expect(createTfjsBackend({ engine: 'webgl' })).rejects.toThrow(/expected engine "webgl" to start/);
  });

  it('refuses an unknown engine by name', async () => {
    for (const engine of ['cuda', 'constructor'])
      await expect(createTfjsBackend({ engine: engine as 'cpu' })).rejects.toThrow(
        new RegExp(`cpu, wasm, webgl.*got "${engine}"`),
      );
  });
});
