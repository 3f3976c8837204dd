import type { AbortOptions } from '@crrg/core';
import { DownloadError } from './response.js';

/** How often addresses are tried. */
export interface AttemptOptions extends AbortOptions {
  /** Rounds over all addresses. @defaultValue 3 */
  readonly attempts?: number | undefined;
  /** Pause before the second round, doubled for each later one, in milliseconds. @defaultValue 500 */
  readonly retryDelayMs?: number | undefined;
}

/** @throws the reason of the signal, as soon as it is aborted */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Tries the addresses in turn, and all of them again after a pause. @throws what the last one threw */
export async function tryAddresses<T>(
  addresses: readonly string[],
  { attempts = 3, retryDelayMs = 500, signal }: AttemptOptions,
  attempt: (address: string) => Promise<T>,
): Promise<T> {
  const failures: unknown[] = [];
  for (let round = 0; round < attempts; round++) {
    signal?.throwIfAborted();
    if (round > 0) await pause(retryDelayMs * 2 ** (round - 1), signal);
    for (const address of addresses) {
      signal?.throwIfAborted();
      try {
        return await attempt(address);
      } catch (error) {
        if (!(error instanceof DownloadError)) throw error;
        failures.push(error);
      }
    }
  }
  throw failures.at(-1);
}
