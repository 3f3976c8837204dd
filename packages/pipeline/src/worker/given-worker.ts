import { ConfigError } from '@crrg/core';

/**
 * The worker that was asked for.
 * @param own starts the package's own
 * @throws {ConfigError} where the caller's function gives none
 */
export function givenWorker<OwnThread>(given: true | (() => OwnThread), own: () => OwnThread): OwnThread {
  if (given === true) return own();
  const worker: unknown = typeof given === 'function' ? given() : given;
  if (typeof worker === 'object' && worker !== null && 'postMessage' in worker) return worker as OwnThread;
  throw new ConfigError(
    `pipeline.worker: expected true or a function that gives a Worker, got ${typeof given === 'function' ? `a function that gives ${typeof worker}` : typeof given}; pass worker: () => new Worker(...).`,
  );
}
