import type { Backend, Executable } from '@crrg/tensor';

/** What surrounds the work of an engine in a worker. */
export interface Guard {
  /** Before each compilation and run: lets messages in, so that an abort is heard; never resolves where the thread is about to end. */
  enter(): Promise<void>;
  leave(): void;
}

/** A backend whose compilations and runs are guarded. The inner backend is not disposed with it. */
export function guardBackend(backend: Backend, { enter, leave }: Guard): Backend {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  const guardExecutable = (executable: Executable): Executable => ({
    graph: executable.graph,
    run: (inputs, options) => guarded(() => executable.run(inputs, options)),
    dispose: () => executable.dispose(),
  });
  return {
    name: backend.name,
    versions: backend.versions,
    reusesMemory: backend.reusesMemory,
    prefersLongRuns: backend.prefersLongRuns,
    compile: (graph, options) =>
      guarded(async () => {
        options?.signal?.throwIfAborted();
        // An engine that hears of an abort says so at once and goes on alone; the guard must know when it is done.
        const compiled = await backend.compile(graph, { ...options, signal: undefined });
        if (!options?.signal?.aborted) return guardExecutable(compiled);
        compiled.dispose();
        throw options.signal.reason;
      }),
    liveTensors: () => backend.liveTensors(),
    dispose: () => undefined,
  };
}

const RUNNING = 0;
const CLOSED = 1;

/** Memory of a gate: how many works are in the engine, and whether none may start any more. */
export const GATE_BYTES = 8;

/** How long messages may have to wait. */
const BREATH_MS = 10;

/** The guard of a worker. @param breathe lets messages in */
export function createGuard(breathe: () => Promise<void>, gate?: SharedArrayBuffer): Guard {
  const state = new Int32Array(gate ?? new ArrayBuffer(GATE_BYTES));
  let breathed = performance.now();
  const leave = () => {
    if (Atomics.sub(state, RUNNING, 1) === 1 && gate) Atomics.notify(state, RUNNING);
  };
  return {
    async enter() {
      if (performance.now() - breathed > BREATH_MS) {
        await breathe();
        breathed = performance.now();
      }
      Atomics.add(state, RUNNING, 1);
      if (Atomics.load(state, CLOSED) === 0) return;
      leave();
      await new Promise(() => {});
    },
    leave,
  };
}

/** How long the end of a program waits for one run of an engine. */
const LAST_RUN_MS = 10_000;

/** Lets no work start any more and waits, blocking, until none runs. */
export function closeGate(gate: SharedArrayBuffer): void {
  const state = new Int32Array(gate);
  Atomics.store(state, CLOSED, 1);
  for (;;) {
    const running = Atomics.load(state, RUNNING);
    if (running === 0 || Atomics.wait(state, RUNNING, running, LAST_RUN_MS) === 'timed-out') return;
  }
}
