import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@crrg/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashFile } from './hash-file.js';

/** Enough for a thread, and no multiple of the pieces that it reads. */
const LARGE = 2 ** 25 + 5;

describe('hashFile', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'crrg-hash-'))));
  afterEach(() => rm(folder, { recursive: true }));

  async function write(size: number): Promise<{ path: string; sha256: string }> {
    const random = createRandom(size);
    const bytes = Uint8Array.from({ length: 4099 }, () => random.integer(256));
    const content = Buffer.alloc(size, bytes);
    const path = join(folder, 'weights');
    await writeFile(path, content);
    return { path, sha256: createHash('sha256').update(content).digest('hex') };
  }

  it.each([0, 5, LARGE])('gives the hash of %i bytes and tells how far it is', async (size) => {
    const { path, sha256 } = await write(size);
    const told: number[] = [];
    const onProgress = (event: object) => void told.push((event as { loaded: number }).loaded);
    expect(await hashFile(path, 'w', { onProgress })).toBe(sha256);
    expect(told.at(-1) ?? 0).toBe(size);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  it('leaves the event loop free while it hashes a large file', async () => {
    const { path } = await write(LARGE);
    const inThread: boolean[] = [];
    const onProgress = () => void inThread.push(process.getActiveResourcesInfo().includes('MessagePort'));
    await hashFile(path, path, { onProgress });
    expect(inThread).toEqual([true, true, true]);
  });

  it.each([5, LARGE])('stops within %i bytes where it is aborted', async (size) => {
    const { path } = await write(size);
    const abort = new AbortController();
    const reason = new Error('enough');
    const done = hashFile(path, path, { signal: abort.signal, onProgress: () => abort.abort(reason) });
    if (size < LARGE) abort.abort(reason);
    await expect(done).rejects.toBe(reason);
  });

  it.each([5, LARGE])('gives what a listener throws at %i bytes', async (size) => {
    const { path } = await write(size);
    const problem = new Error('no more room');
    const onProgress = () => {
      throw problem;
    };
    await expect(hashFile(path, path, { onProgress })).rejects.toBe(problem);
  });

  it('says which file is not there', async () => {
    await expect(hashFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
