import { DisposedError } from '@crrg/core';
import {
  requireFloat32Weights,
  type Backend,
  type CompileOptions,
  type Executable,
  type Graph,
} from '@crrg/tensor';
import type { Device } from './device.js';
import { openEngine, type TfjsBackendOptions } from './engine.js';
import { TfjsExecutable } from './executable.js';
import type { ImportModule } from './tf.js';

class TfjsBackend implements Backend {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly #executables = new Set<TfjsExecutable>();
  #isDisposed = false;

  constructor(private readonly device: Device) {
    const { tf, engine } = device.opened;
    this.name = `tfjs/${engine}`;
    this.versions = { ...(tf.version as unknown as Record<string, string>) };
  }

  async compile(graph: Graph, options: CompileOptions = {}): Promise<Executable> {
    if (this.#isDisposed) throw new DisposedError(this.name);
    options.signal?.throwIfAborted();
    const name = `${this.name}.${options.name ?? 'graph'}`;
    requireFloat32Weights(options, `backend-tfjs.compile (${name})`);
    const executable = new TfjsExecutable(graph, this.device, name, options.weights, (disposed) =>
      this.#executables.delete(disposed),
    );
    this.#executables.add(executable);
    return executable;
  }

  liveTensors(): number {
    return this.device.live.count;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const executable of [...this.#executables]) executable.dispose();
  }
}

/**
 * A backend that runs graphs on TensorFlow.js, operation by operation, in float32. The engine itself (its WebAssembly heap, its GPU
 * context) is TensorFlow.js's own and stays loaded after `dispose()`.
 *
 * @throws {BackendError} where a package is missing (the message says what to install) or the engine does not start
 * @example
 * ```ts
 * const backend = await createTfjsBackend({ engine: 'wasm' });
 * const executable = await backend.compile(graph, { weights });
 * const { logits } = await runToHost(executable, { image });
 * ```
 */
export async function createTfjsBackend(options: TfjsBackendOptions = {}): Promise<Backend> {
  return openTfjsBackend(options);
}

/** {@link createTfjsBackend} with the way to load packages given. @internal */
export async function openTfjsBackend(options: TfjsBackendOptions, load?: ImportModule): Promise<Backend> {
  const opened = await openEngine(options, load);
  return new TfjsBackend({
    opened,
    live: { count: 0 },
    held: { count: 0 },
    prefersPlainKernels: opened.engine === 'wasm',
    padsPools: opened.engine !== 'node' && opened.engine !== 'node-gpu',
  });
}
