import * as tf from '@tensorflow/tfjs';
import { float32, runToHost, trace } from '@crrg/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openTfjsBackend } from './backend.js';
import { openEngine } from './engine.js';
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

/** Makes the stand-in's pooling refuse a border of the caller's choice, as TensorFlow's native library does; gives the original back. */
function refusePaddedPools(): () => void {
  const own = tf.getKernel('MaxPool', 'tensorflow')!;
  const register = (kernelFunc: typeof own.kernelFunc) => {
    tf.unregisterKernel('MaxPool', 'tensorflow');
    tf.registerKernel({ ...own, kernelFunc });
  };
  register((call) => {
    if (typeof call.attrs!['pad'] !== 'string') throw new Error('supports only valid and same padding');
    return own.kernelFunc(call);
  });
  return () => register(own.kernelFunc);
}

const absent: ImportModule = (specifier) =>
  Promise.reject(new Error(`Cannot find package '${specifier}'\nmore`));

/** TensorFlow.js on a device of one kind, whose engine starts as told. */
function tfOn(
  flags: Readonly<Record<string, unknown>>,
  start: () => Promise<boolean> = async () => true,
): { tf: Tf; flags: Record<string, unknown> } {
  const set = { ...flags };
  const stand = {
    engine: () => ({ registryFactory: {} }),
    env: () => ({
      getBool: (name: string) => set[name],
      set: (name: string, value: unknown) => (set[name] = value),
    }),
    findBackend: () => null,
    getBackend: () => '',
    setBackend: start,
    version: { 'tfjs-core': '4.22.0' },
  };
  return { tf: stand as unknown as Tf, flags: set };
}

describe('a page', () => {
  afterEach(() => void vi.useRealTimers());
  const plugin = () => {
    const setThreadsCount = vi.fn();
    return { setThreadsCount, load: (async () => ({ setThreadsCount })) satisfies ImportModule };
  };

  it('is refused WebGL where its device draws 16-bit floats only', async () => {
    const half = tfOn({ WEBGL_RENDER_FLOAT32_ENABLED: false });
    const refused = openTfjsBackend({ engine: 'webgl', tf: half.tf });
    await expect(refused).rejects.toMatchObject({ code: 'BACKEND' });
    await expect(refused).rejects.toThrow(/32-bit floats for engine "webgl", got one of 16 bits/);
    const whole = tfOn({ WEBGL_RENDER_FLOAT32_ENABLED: true });
    expect((await openTfjsBackend({ engine: 'webgl', tf: whole.tf })).name).toBe('tfjs/webgl');
  });

  it('runs wasm on one thread, and on more where they are asked for', async () => {
    const { load, setThreadsCount } = plugin();
    const isolated = { WASM_HAS_MULTITHREAD_SUPPORT: true };
    const one = tfOn(isolated);
    await openTfjsBackend({ tf: one.tf }, load);
    expect(one.flags).toEqual({ WASM_HAS_MULTITHREAD_SUPPORT: false });
    const four = tfOn(isolated);
    await openTfjsBackend({ tf: four.tf, threads: 4 }, load);
    expect(four.flags).toEqual(isolated);
    expect(setThreadsCount.mock.calls).toEqual([[4]]);
  });

  it('gets no numbers from WebGPU once its device refused a kernel', async () => {
    const device = new EventTarget();
    const opened = await openEngine(
      {
        engine: 'webgpu',
        tf: { ...tfOn({}).tf, findBackend: () => ({ device }) } as unknown as Tf,
      },
      plugin().load,
    );
    expect(opened.fault()).toBeUndefined();
    for (const message of ['no such function', 'later'])
      device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new Error(message) }));
    expect(opened.fault()).toBe('no such function');
  });

  it('is told where the threads of wasm do not start', async () => {
    vi.useFakeTimers();
    const never = tfOn({ WASM_HAS_MULTITHREAD_SUPPORT: true }, () => new Promise(() => {}));
    const refused = openTfjsBackend({ tf: never.tf, threads: 2 }, plugin().load);
    const expected = expect(refused).rejects.toThrow(/to start, got no answer of its threads.*leave out/);
    await vi.advanceTimersByTimeAsync(30_000);
    await expected;
  });
});

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

  it.each(['node', 'node-gpu'] as const)(
    'pads before it pools on %s, whose pooling takes no border, below every number',
    async (engine) => {
      const backend = await openTfjsBackend({ engine, tf: nativeStandIn() });
      const pooled = trace({ inputs: { x: { shape: [1, 1, 2, 2] } } }, (ops, { inputs }) => ({
        y: ops.maxPool2d(inputs['x']!, { kernel: [2, 2], strides: [2, 2], padding: [1, 1, 1, 1] }),
      }));
      const restore = refusePaddedPools();
      try {
        const x = float32([1, 1, 2, 2], [-1, -2, -3, -4]);
        const { y } = await runToHost(await backend.compile(pooled), { x });
        expect([...y!.data]).toEqual([-1, -2, -3, -4]);
      } finally {
        restore();
      }
    },
  );

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

  it.each([
    ['node', '@tensorflow/tfjs-node', 'libtensorflow.so.2: cannot open shared object file'],
    ['node-gpu', '@tensorflow/tfjs-node-gpu', 'libcudart.so.11.0: cannot open shared object file'],
    ['node-gpu', '@tensorflow/tfjs-node-gpu', "Cannot find module 'bindings'"],
  ] as const)(
    'says how to rebuild %s where the package %s is there and its native part fails',
    async (...row) => {
      const [engine, specifier, reason] = row;
      const refused = openTfjsBackend({ engine }, () => Promise.reject(new Error(reason)));
      await expect(refused).rejects.toMatchObject({ code: 'BACKEND' });
      await expect(refused).rejects.toThrow(`got "${reason}"; its native part is missing or broken: run`);
      await expect(refused).rejects.toThrow(`npm rebuild ${specifier} --build-addon-from-source`);
    },
  );

  it.each([
    ['3.21.0', { version: { 'tfjs-core': '3.21.0' } }],
    ['a module without a version', {}],
  ])('refuses another version of TensorFlow.js, %s', async (got, module) => {
    for (const engine of ['node-gpu', 'cpu'] as const)
      await expect(openTfjsBackend({ engine }, async () => module)).rejects.toThrow(
        `expected TensorFlow.js 4 for engine "${engine}", got ${got}; install version 4.22`,
      );
  });

  it('refuses a native package that registers no engine', async () => {
    const bare = { ...nativeStandIn(), setBackend: () => Promise.reject(new Error('not in registry')) };
    await expect(openTfjsBackend({ engine: 'node-gpu' }, async () => bare)).rejects.toThrow(
      'expected engine "node-gpu" to start, got not in registry',
    );
  });

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
