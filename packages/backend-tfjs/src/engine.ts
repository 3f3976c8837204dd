import { BackendError, type WarningListener } from '@crrg/core';
import { importModule as importOptional, unwrapModule, type ImportModule, type Tf } from './tf.js';

/** Which TensorFlow.js engine computes. `webgl` and `webgpu` need a browser; `node` and `node-gpu` need their native package. */
export type TfjsEngine = 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'node' | 'node-gpu';

/** How to create a TensorFlow.js backend. */
export interface TfjsBackendOptions {
  /** @defaultValue 'wasm' */
  readonly engine?: TfjsEngine | undefined;
  /** A TensorFlow.js module that the application has loaded already; it must have the engine. @defaultValue loaded by name */
  readonly tf?: Tf | undefined;
  /** Folder (ending in `/`) or URL per file of the `.wasm` binaries. @defaultValue where the package lies; in a browser a CDN */
  readonly wasmPaths?: string | Readonly<Record<string, string>> | undefined;
  /**
   * Threads of `wasm` on a cross-origin isolated page; elsewhere there is one. TensorFlow.js starts them from the text of one of its functions,
   * so a bundler that rewrites functions (esbuild's `keepNames`, instrumentation) breaks them: that is refused after half a minute. The number
   * is that of the first backend of the page.
   * @defaultValue 1
   */
  readonly threads?: number | undefined;
  /** Receives doubts that do not stop the work. @defaultValue none */
  readonly onWarning?: WarningListener | undefined;
}

interface EngineSource {
  /** Name under which TensorFlow.js registers the engine. */
  readonly backendName: string;
  /** Package that holds the TensorFlow.js module. */
  readonly module: string;
  /** Package that registers the engine in it. */
  readonly plugin?: string;
}

const SOURCES: Readonly<Record<TfjsEngine, EngineSource>> = {
  cpu: { backendName: 'cpu', module: '@tensorflow/tfjs' },
  wasm: { backendName: 'wasm', module: '@tensorflow/tfjs', plugin: '@tensorflow/tfjs-backend-wasm' },
  webgl: { backendName: 'webgl', module: '@tensorflow/tfjs' },
  webgpu: { backendName: 'webgpu', module: '@tensorflow/tfjs', plugin: '@tensorflow/tfjs-backend-webgpu' },
  node: { backendName: 'tensorflow', module: '@tensorflow/tfjs-node' },
  'node-gpu': { backendName: 'tensorflow', module: '@tensorflow/tfjs-node-gpu' },
};

const NATIVE = [SOURCES.node.module, SOURCES['node-gpu'].module];

const WHERE = 'backend-tfjs.createTfjsBackend';

/** A TensorFlow.js module with one of its engines ready. */
export interface OpenEngine {
  readonly tf: Tf;
  readonly engine: TfjsEngine;
  /** What the device refused since it was opened, after which its numbers mean nothing; undefined where it refused nothing. */
  fault(): string | undefined;
  /** Runs synchronous work on this engine and gives TensorFlow.js's global choice back to whoever had it. */
  use<T>(work: () => T): T;
}

/** What helps where a package does not load: a native one that is there lacks its addon or a library of the system. */
function adviceFor(specifier: string, reason: string): string {
  const isThere = !/^Cannot find (package|module)/.test(reason) || !reason.includes(`'${specifier}'`);
  return NATIVE.includes(specifier) && isThere
    ? `its native part is missing or broken: run \`npm rebuild ${specifier} --build-addon-from-source\` where its downloads can be reached`
    : `run \`npm install ${specifier}\``;
}

async function loadPackage<T>(specifier: string, engine: TfjsEngine, load: ImportModule): Promise<T> {
  try {
    return unwrapModule<T>(await load(specifier));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new BackendError(
      `${WHERE}: expected package ${specifier} for engine "${engine}", got "${reason}"; ${adviceFor(specifier, reason)} or choose another engine.`,
      { cause },
    );
  }
}

interface WasmPlugin {
  setThreadsCount(count: number): void;
  setWasmPaths(paths: string | Readonly<Record<string, string>>): void;
}

/** TensorFlow.js greets on the console when its plain CPU engine first runs in Node; libraries here never print. */
function silenceGreeting(tf: Tf, backendName: string): void {
  for (const name of ['cpu', backendName]) {
    const backend = tf.findBackend(name) as unknown as { firstUse?: boolean } | null;
    if (backend?.firstUse) backend.firstUse = false;
  }
}

const START_MS = 30_000;

/** @throws {Error} where the threads do not start in time */
async function withinTime<T>(starting: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new Error('no answer of its threads, which a bundler may have broken: leave out threads');
    timer = setTimeout(() => reject(reason), START_MS);
  });
  try {
    return await Promise.race([starting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws {BackendError} where the module is not TensorFlow.js 4 */
function refuseOtherVersions(tf: Tf, engine: TfjsEngine): void {
  const version: unknown = (tf.version as Partial<Tf['version']> | undefined)?.['tfjs-core'];
  if (typeof version === 'string' && version.startsWith('4.')) return;
  throw new BackendError(
    `${WHERE}: expected TensorFlow.js 4 for engine "${engine}", got ${String(version ?? 'a module without a version')}; install version 4.22.`,
  );
}

/** Some devices draw 16-bit floats only, and TensorFlow.js would compute with those without a word. */
function refuseHalfFloats(tf: Tf, engine: TfjsEngine): void {
  if (engine !== 'webgl' || tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return;
  throw new BackendError(
    `${WHERE}: expected a graphics device that draws 32-bit floats for engine "webgl", got one of 16 bits, on which results would be wrong; choose "webgpu" or "wasm".`,
  );
}

/** WebGPU tells of a refused kernel by an event alone, and leaves what was in the memory of its result. */
function watchDevice(tf: Tf, engine: TfjsEngine): () => string | undefined {
  if (engine !== 'webgpu') return () => undefined;
  let fault: string | undefined;
  const { device } = tf.findBackend('webgpu') as unknown as { device?: EventTarget };
  device?.addEventListener('uncapturederror', (event) => {
    fault ??= (event as Event & { error?: Error }).error?.message ?? 'an error without a message';
  });
  return () => fault;
}

function switcher(tf: Tf, backendName: string): <T>(work: () => T) => T {
  return (work) => {
    const previous = tf.getBackend();
    // An engine that is initialised becomes current before setBackend returns its promise.
    if (previous !== backendName || tf.backend() !== tf.findBackend(backendName))
      void tf.setBackend(backendName);
    try {
      return work();
    } finally {
      if (previous && previous !== backendName) void tf.setBackend(previous);
    }
  };
}

/**
 * Loads TensorFlow.js and starts an engine.
 * @throws {BackendError} where a package is missing or the engine does not start on this machine
 */
export async function openEngine(
  options: TfjsBackendOptions,
  load: ImportModule = importOptional,
): Promise<OpenEngine> {
  const engine = options.engine ?? 'wasm';
  if (!Object.hasOwn(SOURCES, engine))
    throw new BackendError(
      `${WHERE}: expected engine ${Object.keys(SOURCES).join(', ')}, got "${String(engine)}"; choose one of them.`,
    );
  const source = SOURCES[engine];
  const tf = options.tf ?? (await loadPackage<Tf>(source.module, engine, load));
  refuseOtherVersions(tf, engine);
  if (source.plugin && !tf.engine().registryFactory[source.backendName]) {
    const plugin = await loadPackage<Partial<WasmPlugin>>(source.plugin, engine, load);
    if (options.wasmPaths !== undefined) plugin.setWasmPaths?.(options.wasmPaths);
    if (options.threads !== undefined) plugin.setThreadsCount?.(options.threads);
  }
  const { backendName } = source;
  const usesThreads = engine === 'wasm' && (options.threads ?? 1) > 1;
  // Left to itself, TensorFlow.js takes threads wherever there are some, and waits for ever where they fail.
  if (engine === 'wasm' && !usesThreads && !tf.findBackend(backendName))
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const previous = tf.getBackend();
  let started = false;
  let cause: unknown;
  try {
    const starting = tf.setBackend(backendName);
    started = await (usesThreads ? withinTime(starting) : starting);
  } catch (error) {
    cause = error;
  }
  if (!started) {
    throw new BackendError(
      `${WHERE}: expected engine "${engine}" to start, got ${cause instanceof Error ? cause.message : 'a refusal'}; choose another engine.`,
      {
        cause,
      },
    );
  }
  refuseHalfFloats(tf, engine);
  silenceGreeting(tf, backendName);
  if (previous && previous !== backendName) await tf.setBackend(previous);
  return { tf, engine, fault: watchDevice(tf, engine), use: switcher(tf, backendName) };
}
