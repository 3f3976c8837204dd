import type { Backend, Executable, RunInput } from '@crrg/tensor';

/** One run of a compiled graph. */
export interface WatchedRun {
  /** The name that the graph was compiled under. */
  readonly name: string;
  readonly ms: number;
  readonly inputs: Readonly<Record<string, RunInput>>;
}

/** One compilation. */
export interface WatchedCompilation {
  readonly name: string;
  readonly ms: number;
}

/** The same backend, telling what was compiled and run and how long that took. */
export function watchBackend(
  backend: Backend,
  listeners: { onRun(run: WatchedRun): void; onCompile(compilation: WatchedCompilation): void },
): Backend {
  const watch = (name: string, executable: Executable): Executable => ({
    graph: executable.graph,
    run: async (inputs, options) => {
      const started = performance.now();
      const outputs = await executable.run(inputs, options);
      listeners.onRun({ name, ms: performance.now() - started, inputs });
      return outputs;
    },
    dispose: () => executable.dispose(),
  });
  return {
    name: backend.name,
    versions: backend.versions,
    reusesMemory: backend.reusesMemory,
    prefersLongRuns: backend.prefersLongRuns,
    liveTensors: () => backend.liveTensors(),
    dispose: () => backend.dispose(),
    compile: async (graph, options) => {
      const started = performance.now();
      const executable = await backend.compile(graph, options);
      const name = options?.name ?? 'graph';
      listeners.onCompile({ name, ms: performance.now() - started });
      return watch(name, executable);
    },
  };
}
