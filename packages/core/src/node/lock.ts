import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeAtExit } from './exit.js';

/** How a lock is taken. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * A lock whose holder showed no sign of life for this long is taken over; twenty times as long where a process with its number runs
   * on this machine. That of a process of this machine that ended is taken over at once. @defaultValue 30000
   */
  readonly staleMs?: number | undefined;
  /** Time between two looks at a lock that is waited for. @defaultValue 200 */
  readonly pollMs?: number | undefined;
}

/** A lock that is held until it is released, or the process ends. */
export interface HeldLock {
  release(): Promise<void>;
}

const STALE_MS = 30_000;
/** A stopped process shows no sign of life, and a number may be that of another process by now. */
const RUNNING_FACTOR = 20;

async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(content);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the holder is gone: `content` is `PID HOST ...`. */
function isAbandoned(content: string, ageMs: number, staleMs: number): boolean {
  const [pid, host] = content.split(/\s/);
  if (host !== hostname() || !/^[1-9]\d*$/.test(pid!)) return ageMs >= staleMs;
  return !isRunning(Number(pid)) || ageMs >= RUNNING_FACTOR * staleMs;
}

/** Moves an abandoned lock away. A lock that another process took meanwhile goes back. */
async function removeAbandoned(path: string, staleMs: number): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (!stats || content === undefined || !isAbandoned(content, Date.now() - stats.mtimeMs, staleMs)) return;
  const aside = `${path}.${randomUUID()}.tmp`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => content);
  if (moved !== content) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function tryTake(path: string, staleMs: number): Promise<HeldLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const content = `${process.pid} ${hostname()} ${randomUUID()}\n`;
  if (!(await tryCreate(path, content))) {
    await removeAbandoned(path, staleMs);
    if (!(await tryCreate(path, content))) return undefined;
  }
  const forget = removeAtExit(path);
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  }, staleMs / 4);
  heartbeat.unref();
  return {
    release: async () => {
      clearInterval(heartbeat);
      forget();
      const current = await readFile(path, 'utf8').catch(() => undefined);
      if (current === content) await rm(path, { force: true });
    },
  };
}

/**
 * Takes a lock file; undefined where another holder has it. The file holds the number of the process and the name of the machine, and is
 * touched meanwhile so that others know that its holder lives.
 *
 * @example
 * ```ts
 * const lock = await takeLock('runs/lock');
 * if (!lock) throw new Error('another run uses this folder');
 * try {
 *   await work();
 * } finally {
 *   await lock.release();
 * }
 * ```
 */
export function takeLock(
  path: string,
  { staleMs = STALE_MS }: LockOptions = {},
): Promise<HeldLock | undefined> {
  return tryTake(path, staleMs);
}

/** Runs `work` while holding a lock file, see {@link takeLock}. Waits for the holder before; an abort ends the waiting. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, staleMs = STALE_MS, pollMs = 200 }: LockOptions = {},
): Promise<T> {
  let lock = await tryTake(path, staleMs);
  while (!lock) {
    signal?.throwIfAborted();
    await sleep(pollMs);
    lock = await tryTake(path, staleMs);
  }
  try {
    signal?.throwIfAborted();
    return await work();
  } finally {
    await lock.release();
  }
}
