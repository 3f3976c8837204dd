import type { Backend } from '@crrg/tensor';

/** The same backend, which says that it prefers long runs or that it does not. */
export function withRunLength(backend: Backend, prefersLongRuns: boolean): Backend {
  return {
    name: backend.name,
    versions: backend.versions,
    prefersLongRuns,
    liveTensors: () => backend.liveTensors(),
    dispose: () => backend.dispose(),
    compile: (graph, options) => backend.compile(graph, options),
  };
}
