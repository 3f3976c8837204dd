import type { AbortOptions, ProgressListener } from '@crrg/core';

/** Times stages, tells the listener, and checks the abort signal before each. */
export interface Stopwatch {
  time<T>(stage: string, work: () => T | Promise<T>): Promise<T>;
  /** Milliseconds by stage. */
  durations(): Record<string, number>;
}

/** A stopwatch for one call. */
export function createStopwatch({
  signal,
  onProgress,
}: AbortOptions & { readonly onProgress?: ProgressListener | undefined }): Stopwatch {
  const durations: Record<string, number> = {};
  return {
    async time(stage, work) {
      signal?.throwIfAborted();
      onProgress?.({ type: 'stage-start', stage });
      const started = performance.now();
      const result = await work();
      const durationMs = performance.now() - started;
      durations[stage] = Math.round(durationMs * 10) / 10;
      onProgress?.({ type: 'stage-end', stage, durationMs });
      return result;
    },
    durations: () => ({ ...durations }),
  };
}
