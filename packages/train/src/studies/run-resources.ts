import path from 'node:path';
import { ConfigError, type WarningListener } from '@crrg/core';
import { takeLock, type HeldLock } from '@crrg/core/node';
import { loadBackend, type BackendName } from '@crrg/pipeline/node';
import type { Backend } from '@crrg/tensor';

/** What a run computes with. */
export interface RunEngineOptions {
  /** An engine by name, or a backend that stays the caller's. @defaultValue 'onnx' */
  readonly backend?: BackendName | Backend | undefined;
  /** Of an engine by name. @defaultValue the engine's choice */
  readonly threads?: number | undefined;
  /** Warnings of the engine. */
  readonly onWarning?: WarningListener | undefined;
}

/** The engine of the options, and how to let go of it. */
export async function openBackend({
  backend,
  threads,
  onWarning,
}: RunEngineOptions): Promise<{ readonly backend: Backend; readonly release: () => void }> {
  if (typeof backend === 'object') return { backend, release: () => undefined };
  const opened = await loadBackend(backend, { threads, onWarning });
  return { backend: opened, release: () => opened.dispose() };
}

/**
 * Sets a folder apart for one run, until the lock is released.
 * @throws {ConfigError} where another run uses the folder: two would write over each other's states
 */
export async function takeRunFolder(folder: string, where: string): Promise<HeldLock> {
  const lock = await takeLock(path.join(folder, 'run.lock'));
  if (lock) return lock;
  throw new ConfigError(
    `${where}: \`out\`: expected a folder of its own, got ${folder}, which another run uses; wait for its end or give another folder.`,
  );
}
