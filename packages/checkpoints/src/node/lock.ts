import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a lock waits. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** A lock whose holder showed no sign of life for this long is taken over. @defaultValue 30000 */
  readonly staleMs?: number | undefined;
  /** @defaultValue 200 */
  readonly pollMs?: number | undefined;
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(`${process.pid}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves an abandoned lock away. The rename lets only one waiter win. */
async function removeStale(path: string, staleMs: number): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats || Date.now() - stats.mtimeMs < staleMs) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding a lock file, which is touched meanwhile so that others know that its holder lives.
 * Waits for the holder before; an abort ends the waiting.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { signal, staleMs = 30_000, pollMs = 200 } = options;
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryCreate(path))) {
    signal?.throwIfAborted();
    await removeStale(path, staleMs);
    await sleep(pollMs);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, staleMs / 4);
  heartbeat.unref();
  try {
    signal?.throwIfAborted();
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}
