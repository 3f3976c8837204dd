import { BackendError } from '@crrg/core';
import { importWeb, native } from '#native';
import type { InferenceSession } from 'onnxruntime-common';
import type { EncodedModel, ExternalLayout } from './model.js';
import type { OnnxBackendOptions, OrtModule } from './options.js';

/** One way of running ONNX models. */
export interface Engine {
  readonly ort: OrtModule;
  /** For provenance, such as `onnxruntime-node/cpu`. */
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly executionProviders: readonly string[];
  readonly externalLayout: ExternalLayout;
  /** True where results of a GPU can stay there. */
  readonly keepsOnGpu: boolean;
  /** True where runs write results to arrays that they are given, and {@link unreadableFirst} spares the copies. */
  readonly writesToArrays: boolean;
  /** True where a matrix that few rows multiply is read once only as a product's left operand, which then is faster. */
  readonly streamsLeftOperand: boolean;
  /** True where the results of a GPU cannot stay there, and carrying them out and in was measured to take longer than the work. */
  readonly prefersLongRuns: boolean;
  /** Threads of one run; undefined: the engine's own choice. */
  readonly threads: number | undefined;
  createSession(model: EncodedModel, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Threads of a session go on spinning for a while after a run, on processors that the next session needs: with a session for gradients and one
 * for the update a training step took a fifth to two thirds longer on two of them. They end with the run; within one they spin as before.
 */
const SESSION_SETTINGS = { force_spinning_stop: '1' };

function nativeEngine(
  ort: OrtModule,
  {
    executionProviders = ['cpu'],
    cacheDir,
    preparedDir,
    threads = native?.numProcessors,
  }: OnnxBackendOptions,
): Engine {
  const onProcessor = executionProviders.every((provider) => provider === 'cpu');
  const versions = { 'onnxruntime-node': ort.env.versions.node ?? ort.env.versions.common };
  return {
    ort,
    name: `onnxruntime-node/${executionProviders.join('+')}`,
    versions,
    executionProviders,
    externalLayout: 'folder',
    keepsOnGpu: false,
    writesToArrays: onProcessor,
    streamsLeftOperand: onProcessor && native?.hasAvx512() === true,
    prefersLongRuns: executionProviders.includes('webgpu'),
    threads,
    createSession(model, given) {
      const options = { ...given, extra: { ...given.extra, session: SESSION_SETTINGS } };
      if (model.external.length === 0 && !model.mapped)
        return ort.InferenceSession.create(model.bytes, options);
      if (!native)
        throw new BackendError(
          'backend-onnx.compile: expected a file system for weights above 64 MB, got a browser; use runtime "web".',
        );
      return native.createFromFiles(ort, model, options, { cacheDir, preparedDir, versions });
    },
  };
}

function webEngine(
  ort: OrtModule,
  { executionProviders = ['wasm'], threads, wasmPaths }: OnnxBackendOptions,
): Engine {
  if (threads !== undefined) ort.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return {
    ort,
    name: `onnxruntime-web/${executionProviders.join('+')}`,
    versions: { 'onnxruntime-web': ort.env.versions.web ?? ort.env.versions.common },
    executionProviders,
    externalLayout: 'pieces',
    keepsOnGpu: true,
    writesToArrays: false,
    streamsLeftOperand: false,
    prefersLongRuns: false,
    threads,
    createSession(model, options) {
      const externalData = model.external.map(({ location, bytes }) => ({ path: location, data: bytes }));
      return ort.InferenceSession.create(
        model.bytes,
        externalData.length > 0 ? { ...options, externalData } : options,
      );
    },
  };
}

const wantsGpu = ({ executionProviders = [] }: OnnxBackendOptions) => executionProviders.includes('webgpu');

async function importNative(): Promise<OrtModule> {
  if (!native)
    throw new BackendError(
      'backend-onnx.create: expected Node for runtime "node", got a browser build; use runtime "web".',
    );
  try {
    return await native.load();
  } catch (cause) {
    throw new BackendError(
      `backend-onnx.create: expected onnxruntime-node, got "${messageOf(cause)}"; install it or use runtime "web".`,
      { cause },
    );
  }
}

/** Why the native runtime is missing, and what to do. */
function whyMissing(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    ? 'got none: npm leaves it out without a word where its install script cannot reach NuGet; install it with ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node'
    : `got "${messageOf(error)}"; reinstall it with npm rebuild onnxruntime-node, or copy its folder bin whole where a bundler took a part of it`;
}

async function automatic(options: OnnxBackendOptions): Promise<Engine> {
  if (!native) return webEngine(await importWeb(wantsGpu(options)), options);
  try {
    return nativeEngine(await native.load(), options);
  } catch (error) {
    const why = `expected onnxruntime-node, ${whyMissing(error)}`;
    const web = await importWeb(wantsGpu(options)).catch((cause: unknown) => {
      throw new BackendError(
        `backend-onnx.create: ${why}; or run npm install onnxruntime-web for WebAssembly, which is several times slower.`,
        { cause },
      );
    });
    const warn = options.onWarning ?? native.warn;
    warn(`backend-onnx: ${why}; using onnxruntime-web (WebAssembly), which is several times slower.`);
    return webEngine(web, options);
  }
}

/** The part of WebGPU's API that tells whether there is a device. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** @throws {BackendError} where a page asks for WebGPU and has none */
async function requireAdapter({ env }: OrtModule): Promise<void> {
  if (env.webgpu?.adapter) return;
  const { gpu } = (globalThis.navigator ?? {}) as { gpu?: Gpu };
  if (await gpu?.requestAdapter().catch(() => null)) return;
  throw new BackendError(
    `backend-onnx.create: expected a WebGPU adapter, got ${gpu ? 'none from the browser' : 'no WebGPU here'}; turn WebGPU on, or use WebAssembly: the backend "onnx", or executionProviders ["wasm"].`,
  );
}

/** @throws {BackendError} where no runtime can be loaded, or a page asks for WebGPU and has none */
export async function openEngine(options: OnnxBackendOptions): Promise<Engine> {
  const engine = await chooseEngine(options);
  if (engine.keepsOnGpu && engine.executionProviders.includes('webgpu')) await requireAdapter(engine.ort);
  return engine;
}

async function chooseEngine(options: OnnxBackendOptions): Promise<Engine> {
  const { runtime = 'auto', ort } = options;
  if (ort)
    return runtime === 'web' || (runtime === 'auto' && !('listSupportedBackends' in ort))
      ? webEngine(ort, options)
      : nativeEngine(ort, options);
  if (runtime === 'node') return nativeEngine(await importNative(), options);
  if (runtime === 'web') return webEngine(await importWeb(wantsGpu(options)), options);
  return automatic(options);
}
