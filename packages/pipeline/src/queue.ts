import type { AbortOptions } from '@crrg/core';

/** Runs works one after the other. A work that is aborted while it waits leaves at once and never runs. */
export function createQueue(): <T>(work: () => Promise<T>, options: AbortOptions) => Promise<T> {
  let tail: Promise<void> = Promise.resolve();
  return (work, { signal }) =>
    new Promise((resolve, reject) => {
      const leave = () => reject(signal!.reason as Error);
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave);
      tail = tail.then(async () => {
        signal?.removeEventListener('abort', leave);
        if (signal?.aborted) return;
        await work().then(resolve, reject);
      });
    });
}
