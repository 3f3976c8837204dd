import { availableParallelism } from 'node:os';
import { BackendError } from '@crrg/core';
import { native } from '#native';
import { float32, runToHost, trace } from '@crrg/tensor';
import * as web from 'onnxruntime-web';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openEngine } from './engine.js';
import { createOnnxBackend } from './index.js';
import { lowerGraph } from './lower/lower-graph.js';
import { encodeModel } from './model.js';
import type { OnnxBackendOptions, OrtModule } from './options.js';

vi.mock('onnxruntime-node', () => {
  throw new Error('no native binary');
});

afterEach(() => vi.restoreAllMocks());

describe('openEngine', () => {
  it('falls back to the web runtime and says so once', async () => {
    const onWarning = vi.fn();
    const backend = await createOnnxBackend({ onWarning, threads: 1 });
    expect(backend.name).toBe('onnxruntime-web/wasm');
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning.mock.calls[0]![0]).toMatch(
      /expected onnxruntime-node, got ".*"; reinstall it .*; using onnxruntime-web \(WebAssembly\), which is several times slower\.$/s,
    );
    backend.dispose();
  });

  it('warns the process once where nobody listens, and says why npm left the native runtime out', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.spyOn(native!, 'load').mockRejectedValue(
      Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }),
    );
    for (let time = 0; time < 2; time++) (await createOnnxBackend({ threads: 1 })).dispose();
    expect(emitWarning).toHaveBeenCalledOnce();
    expect(emitWarning.mock.calls[0]).toEqual([
      expect.stringContaining(
        'install it with ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node; using',
      ),
      'CrrgWarning',
    ]);
  });

  describe('a GPU that is asked for and not there is refused when the backend is made', () => {
    const refusal = async (options: OnnxBackendOptions) => {
      const failure: unknown = await createOnnxBackend(options).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BackendError);
      return (failure as Error).message;
    };
    afterEach(() => vi.unstubAllGlobals());

    it.each([
      [{}, 'no WebGPU here'],
      [{ gpu: { requestAdapter: () => Promise.resolve(null) } }, 'none from the browser'],
      [{ gpu: { requestAdapter: () => Promise.reject(new Error('x')) } }, 'none from the browser'],
    ])('in a page with the navigator %o', async (navigator, got) => {
      vi.stubGlobal('navigator', navigator);
      for (const executionProviders of [['webgpu'], ['webgpu', 'wasm']]) {
        expect(await refusal({ ort: web, runtime: 'web', executionProviders })).toContain(
          `backend-onnx.create: expected a WebGPU adapter, got ${got}; turn WebGPU on, or use WebAssembly`,
        );
      }
    });

    it.each(['cuda', 'webgpu'])('natively with %s', async (provider) => {
      const create = vi.fn().mockRejectedValue(new Error('no library'));
      const ort = {
        InferenceSession: { create },
        env: { versions: { common: '1' } },
        listSupportedBackends: 0,
      };
      const options = {
        ort: ort as unknown as OrtModule,
        runtime: 'node',
        executionProviders: [provider, 'cpu'],
      } as const;
      expect(await refusal(options)).toMatch(
        new RegExp(
          `create: expected the execution provider "${provider}" on this machine, got ".*no library.*"; install`,
        ),
      );
    });

    it('while processors are not tried', async () => {
      const create = vi.spyOn(web.InferenceSession, 'create');
      (await createOnnxBackend({ ort: web, runtime: 'web', threads: 1 })).dispose();
      expect(create).not.toHaveBeenCalled();
    });
  });

  it('prefers long runs where results of a GPU go to JavaScript and back, as natively on WebGPU', async () => {
    const prefers = async (runtime: 'node' | 'web', executionProviders: readonly string[]) =>
      (await openEngine({ ort: web, runtime, executionProviders })).prefersLongRuns;
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve({}) } });
    expect(await prefers('node', ['webgpu'])).toBe(true);
    expect(await prefers('node', ['cpu'])).toBe(false);
    expect(await prefers('web', ['webgpu'])).toBe(false);
    expect(await prefers('web', ['wasm'])).toBe(false);
    vi.unstubAllGlobals();
  });

  it('says what to do where the native runtime is asked for and missing', async () => {
    await expect(createOnnxBackend({ runtime: 'node' })).rejects.toThrow(/install it or use runtime "web"/);
  });

  it('uses an injected module', async () => {
    const create = vi.spyOn(web.InferenceSession, 'create');
    const backend = await createOnnxBackend({ ort: web, runtime: 'web', threads: 1 });
    const graph = trace({ inputs: { x: { shape: [2] } } }, (ops, { inputs }) => ({
      y: ops.abs(inputs['x']!),
    }));
    const { y } = await runToHost(await backend.compile(graph), { x: float32([2], [-1, 2]) });
    expect([...y!.data]).toEqual([1, 2]);
    expect(create).toHaveBeenCalledOnce();
    backend.dispose();
  });

  /** What the native runtime is asked for to run a graph of this shape. */
  async function askedFor(shape: readonly (number | string)[], threads?: number) {
    const create = vi.fn().mockRejectedValue(new Error('far enough'));
    const ort = {
      InferenceSession: { create },
      env: { versions: { common: '1' } },
      listSupportedBackends: 0,
    };
    const backend = await createOnnxBackend({ ort: ort as unknown as OrtModule, runtime: 'node', threads });
    const graph = trace({ inputs: { x: { shape } } }, (ops, { inputs }) => ({ y: ops.abs(inputs['x']!) }));
    await expect(backend.compile(graph)).rejects.toThrow('far enough');
    return create.mock.calls[0] as [model: unknown, options: object];
  }

  it.each([
    [undefined, availableParallelism()],
    [3, 3],
  ])('runs natively on the threads asked for, %s, else on every processor', async (threads, expected) => {
    expect((await askedFor([2], threads))[1]).toMatchObject({ intraOpNumThreads: expected });
  });

  it('leaves no threads spinning after a native run', async () => {
    expect((await askedFor([2]))[1]).toMatchObject({ extra: { session: { force_spinning_stop: '1' } } });
  });

  it('hands a model without large weights over in memory', async () => {
    expect((await askedFor([2]))[0]).toBeInstanceOf(Uint8Array);
  });

  it('has no memory planned, which would take a second lot of it', async () => {
    expect((await askedFor([2]))[1]).toMatchObject({ enableMemPattern: false });
  });
});

describe('encodeModel', () => {
  const specs = { w: { shape: [2048], init: { kind: 'constant', value: 0 }, trainable: true } } as const;
  const graph = trace(
    { inputs: { x: { shape: ['n', 2048] } }, parameters: specs },
    (ops, { inputs, parameters }) => ({
      y: ops.sum(ops.mul(inputs['x']!, parameters.get('w'))),
    }),
  );
  const weight = float32(
    [2048],
    Float32Array.from({ length: 2048 }, (_, index) => index),
  );
  const lowered = lowerGraph(graph, new Map([['w', weight]]), { fusedMatmul: true, poolIndices: true });

  it('keeps small weights in the model and lays large ones beside it without a copy', () => {
    const inline = encodeModel(lowered, 'pieces');
    const external = encodeModel(lowered, 'pieces', 0);
    expect(inline.external).toEqual([]);
    expect(inline.bytes.length - external.bytes.length).toBeGreaterThan(8000);
    expect(external.external.map(({ bytes }) => bytes.buffer)).toEqual([weight.data.buffer]);
  });

  it('lays numbers that two weights share beside the model once', () => {
    const shared = { ...specs, v: specs.w };
    const sum = trace({ inputs: {}, parameters: shared }, (ops, { parameters }) => ({
      y: ops.add(parameters.get('w'), parameters.get('v')),
    }));
    const target = { fusedMatmul: true, poolIndices: true };
    const weights = (v: typeof weight) => new Map(Object.entries({ w: weight, v }));
    const pieces = (v: typeof weight) =>
      encodeModel(lowerGraph(sum, weights(v), target), 'file', 0).external.map(({ offset }) => offset);
    expect(pieces(weight)).toEqual([0]);
    expect(pieces(float32([2048], weight.data.slice()))).toEqual([0, 8192]);
  });

  it('makes models whose external pieces the web runtime loads', async () => {
    const { bytes, external } = encodeModel(lowered, 'pieces', 0);
    const session = await web.InferenceSession.create(bytes, {
      executionProviders: ['wasm'],
      externalData: external.map(({ location, bytes: data }) => ({ path: location, data })),
    });
    const x = new web.Tensor('float32', new Float32Array(2048).fill(1), [1, 2048]);
    const results = await session.run({ 'input:x': x });
    expect(results['output:y']!.data[0]).toBe((2047 * 2048) / 2);
  });
});
