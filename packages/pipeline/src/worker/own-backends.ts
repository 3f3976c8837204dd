import type { Backend } from '@crrg/tensor';
import type { OwnBackendName } from '../options.js';
import type { WorkerEntry } from './serve.js';

type LoadOwnBackend = () => Backend | Promise<Backend>;

const backends = new Map<string, LoadOwnBackend>();

/**
 * Adds an engine to the worker whose script calls this, for `backend: 'own:...'` of whoever starts the worker. The engine is loaded when it
 * is asked for; it belongs to the worker.
 *
 * @example
 * ```ts
 * import { createTfjsBackend } from '@crrg/backend-tfjs';
 * import { addBackend } from '@crrg/pipeline/worker';
 *
 * addBackend('own:webgl', () => createTfjsBackend({ engine: 'webgl' }));
 * ```
 */
export function addBackend(name: OwnBackendName, load: LoadOwnBackend): void {
  backends.set(name, load);
}

/** The entry of a worker, whose script may have added engines. */
export function withOwnBackends(entry: WorkerEntry): WorkerEntry {
  return {
    ...entry,
    loadBackend: async (name, options) => {
      const load = name === undefined ? undefined : backends.get(name);
      return load ? load() : entry.loadBackend(name, options);
    },
  };
}
