import type * as fileSystem from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeLock, withLock } from './lock.js';

/** What another process does right before this one moves a lock away. */
const meanwhile = vi.hoisted(() => ({ act: undefined as ((path: string) => Promise<void>) | undefined }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fileSystem>();
  const rename = async (from: string, to: string) => {
    await meanwhile.act?.(from);
    await real.rename(from, to);
  };
  return { ...real, rename };
});

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'crrg-core-'))));
afterEach(async () => {
  meanwhile.act = undefined;
  await rm(folder, { recursive: true });
});
const path = () => join(folder, 'x.lock');

describe('a lock that several wait for', () => {
  it('goes back where another process took it over meanwhile', async () => {
    await writeFile(path(), `2147483647 ${hostname()} id\n`);
    meanwhile.act = (lock) => writeFile(lock, 'of another');
    expect(await takeLock(path())).toBeUndefined();
    expect(await readFile(path(), 'utf8')).toBe('of another');
    expect(await readdir(folder)).toEqual(['x.lock']);
  });

  it('is given back, and nothing done, where it is there only after an abort', async () => {
    const lock = await takeLock(path());
    const controller = new AbortController();
    const work = vi.fn(() => Promise.resolve());
    const waiting = withLock(path(), work, { pollMs: 50, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 25));
    controller.abort();
    await lock!.release();
    await expect(waiting).rejects.toThrow(/abort/);
    expect(work).not.toHaveBeenCalled();
    expect(await readdir(folder)).toEqual([]);
  });
});
