import { BackendError, CrrgError, DisposedError, untilAborted } from '@crrg/core';
import {
  float32,
  requireFloat32Weights,
  runToHost,
  trace,
  type Backend,
  type CompileOptions,
  type Executable,
  type Graph,
  type WeightDType,
} from '@crrg/tensor';
import type { InferenceSession } from 'onnxruntime-common';
import { openEngine, type Engine } from './engine.js';
import { OnnxExecutable, type ExecutableHost } from './executable.js';
import { lowerGraph } from './lower/lower-graph.js';
import { encodeModel } from './model.js';
import type { OnnxBackendOptions } from './options.js';
import { unreadableFirst } from './unreadable.js';

const ONLY_FATAL = 4;

const GPU_PROVIDERS = ['webgpu', 'cuda', 'dml', 'tensorrt', 'coreml', 'webnn'];

/** A traced graph has no two equal nodes; the engine looks for them for up to half of the time that a session takes. */
const SKIPPED_OPTIMIZATIONS = { disable_specified_optimizers: 'CommonSubexpressionElimination' };

function sessionOptions(engine: Engine): InferenceSession.SessionOptions {
  const { threads } = engine;
  const gpu = engine.executionProviders.includes('webgpu');
  return {
    executionProviders: engine.executionProviders,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: ONLY_FATAL,
    // A plan of the memory takes one block for a whole run, beside the pieces that the first run took: more memory, and no time is saved.
    enableMemPattern: false,
    extra: { optimization: SKIPPED_OPTIMIZATIONS },
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(gpu && engine.keepsOnGpu && { preferredOutputLocation: 'gpu-buffer' as const }),
  };
}

/** A backend over an opened engine. */
export class OnnxBackend implements Backend, ExecutableHost {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly reusesMemory: boolean;
  readonly prefersLongRuns: boolean;
  private readonly executables = new Set<OnnxExecutable>();
  private tail: Promise<unknown> = Promise.resolve();
  private live = 0;
  private disposed = false;

  constructor(
    readonly engine: Engine,
    private readonly weightDType: WeightDType,
  ) {
    this.name = weightDType === 'q8' ? `${engine.name}/int8` : engine.name;
    this.versions = engine.versions;
    this.reusesMemory = engine.writesToArrays;
    this.prefersLongRuns = engine.prefersLongRuns;
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    const { weights, name = 'graph', signal } = options;
    this.refuseLate(signal);
    const gpu = this.engine.executionProviders.some((provider) => GPU_PROVIDERS.includes(provider));
    if (gpu) requireFloat32Weights(options, `backend-onnx.compile (${name})`);
    const webgpu = this.engine.executionProviders.includes('webgpu');
    const lowered = lowerGraph(graph, weights, {
      fusedMatmul: !webgpu,
      poolIndices: !webgpu,
      webgpu,
      slowReversal: !gpu,
      fewRows: options.fewRows && this.engine.streamsLeftOperand,
      weightDType: options.weightDType ?? (webgpu ? 'fp32' : this.weightDType),
    });
    const { externalLayout, writesToArrays } = this.engine;
    const model = encodeModel(writesToArrays ? unreadableFirst(lowered) : lowered, externalLayout);
    const compiled = this.enqueue(async () => {
      this.refuseLate(signal);
      const session = await this.createSession(model, name);
      try {
        this.refuseLate(signal);
      } catch (error) {
        await session.release().catch(() => undefined);
        throw error;
      }
      const executable = new OnnxExecutable(graph, lowered.inputs, session, this, name);
      this.executables.add(executable);
      return executable;
    });
    return signal ? untilAborted(compiled, signal) : compiled;
  }

  liveTensors(): number {
    return this.live;
  }

  dispose(): void {
    this.disposed = true;
    for (const executable of this.executables) executable.dispose();
  }

  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }

  tensorMade(): void {
    this.live++;
  }

  tensorDisposed(): void {
    this.live--;
  }

  executableDisposed(executable: OnnxExecutable): void {
    this.executables.delete(executable);
  }

  /** @throws {DisposedError} after dispose, and the signal's reason where it is aborted */
  private refuseLate(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.disposed) throw new DisposedError('backend-onnx backend');
  }

  private async createSession(
    model: ReturnType<typeof encodeModel>,
    name: string,
  ): Promise<InferenceSession> {
    try {
      return await this.engine.createSession(model, sessionOptions(this.engine));
    } catch (cause) {
      if (CrrgError.isInstance(cause)) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new BackendError(
        `backend-onnx.compile (${name}): expected a session of ${this.engine.name}, got "${message}"; check that the execution providers exist on this machine.`,
        { cause },
      );
    }
  }
}

/** Runs one sum on the GPU that was asked for, so that a missing one is known at once. @throws {BackendError} where it cannot */
async function proveGpu(backend: OnnxBackend): Promise<void> {
  const provider = backend.engine.executionProviders.find((name) => GPU_PROVIDERS.includes(name));
  if (provider === undefined) return;
  try {
    const graph = trace({ inputs: { x: { shape: [1] } } }, (ops, { inputs }) => ({
      y: ops.add(inputs['x']!, inputs['x']!),
    }));
    const { y } = await runToHost(await backend.compile(graph, { name: 'probe' }), { x: float32([1], [21]) });
    if (y!.data[0] !== 42) throw new BackendError(`a sum of ${y!.data[0]} where it is 42`);
  } catch (cause) {
    backend.dispose();
    const reason = cause instanceof BackendError ? (cause.cause ?? cause) : cause;
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new BackendError(
      `backend-onnx.create: expected the execution provider "${provider}" on this machine, got "${message}"; install its driver and libraries, or use another engine.`,
      { cause },
    );
  }
}

/**
 * A backend that runs graphs on ONNX Runtime: each graph becomes one ONNX model, its bound weights constants of that model.
 *
 * @throws {BackendError} where the runtime cannot be loaded, or a GPU that is asked for is not there
 * @example
 * ```ts
 * const backend = await createOnnxBackend({ threads: 2 });
 * const graph = trace({ inputs: { x: { shape: ['batch', 4] } } }, (ops, { inputs }) => ({ y: ops.relu(inputs.x) }));
 * const executable = await backend.compile(graph);
 * const { y } = await runToHost(executable, { x: float32([1, 4], [-1, 0, 1, 2]) });
 * backend.dispose();
 * ```
 */
export async function createOnnxBackend(options: OnnxBackendOptions = {}): Promise<Backend> {
  const backend = new OnnxBackend(
    await openEngine(options),
    options.matmulWeights === 'int8' ? 'q8' : 'fp32',
  );
  await proveGpu(backend);
  return backend;
}
