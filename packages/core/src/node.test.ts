import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageFile, takeLock, withLock, writeAtomically, writeFileAtomically } from './node.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'crrg-core-'))));
afterEach(() => rm(folder, { recursive: true }));
const inFolder = (name: string) => join(folder, name);
const text = (name: string) => readFile(inFolder(name), 'utf8');

describe('a file that is written atomically', () => {
  it('replaces the old one whole, in folders that are made, and leaves nothing else', async () => {
    await writeFileAtomically(inFolder('a/b.txt'), 'old');
    await writeFileAtomically(inFolder('a/b.txt'), new TextEncoder().encode('new'));
    expect(await text('a/b.txt')).toBe('new');
    expect(await readdir(inFolder('a'))).toEqual(['b.txt']);
  });

  it('keeps its old content until all of the new one is there', async () => {
    await writeFile(inFolder('f'), 'old');
    await writeAtomically(inFolder('f'), async (handle) => {
      await handle.writeFile('half');
      expect(await text('f')).toBe('old');
      expect((await readdir(folder)).filter((name) => /^f\.[0-9a-f-]{36}\.tmp$/.test(name))).toHaveLength(1);
    });
    expect(await text('f')).toBe('half');
  });

  it('keeps its old content where writing or renaming fails, without a temporary file', async () => {
    await writeFile(inFolder('f'), 'old');
    await expect(
      writeAtomically(inFolder('f'), async (handle) => {
        await handle.writeFile('half');
        throw new Error('disk full');
      }),
    ).rejects.toThrow('disk full');
    expect(await text('f')).toBe('old');
    await writeFileAtomically(inFolder('full/x'), '');
    await expect(writeFileAtomically(inFolder('full'), 'new')).rejects.toThrow();
    expect((await readdir(folder)).sort()).toEqual(['f', 'full']);
  });

  it('stays as private as it was', async () => {
    await writeFile(inFolder('f'), 'old');
    await chmod(inFolder('f'), 0o600);
    await writeFileAtomically(inFolder('f'), 'new');
    expect((await stat(inFolder('f'))).mode & 0o777).toBe(0o600);
  });

  it('may wait for its name, or go', async () => {
    const write = (content: string) => stageFile(inFolder('f'), (handle) => handle.writeFile(content));
    await writeFile(inFolder('f'), 'old');
    await (await write('never')).discard();
    const staged = await write('new');
    expect(await text('f')).toBe('old');
    await staged.commit();
    await staged.discard();
    expect(await text('f')).toBe('new');
    expect(await readdir(folder)).toEqual(['f']);
  });
});

describe('a lock', () => {
  const PATH = () => inFolder('x.lock');
  const longAgo = (seconds: number) => new Date(Date.now() - 1000 * seconds);
  const ended = spawnSync(process.execPath, ['-e', '']).pid;

  it('is held by one until it is released', async () => {
    const lock = await takeLock(PATH());
    expect(lock).toBeDefined();
    expect(await takeLock(PATH())).toBeUndefined();
    expect(await text('x.lock')).toMatch(new RegExp(`^${process.pid} ${hostname()} `));
    await lock!.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await takeLock(PATH())).toBeDefined();
  });

  it('of a process that ended on this machine is taken over at once', async () => {
    await writeFile(PATH(), `${ended} ${hostname()} id\n`);
    expect(await takeLock(PATH())).toBeDefined();
  });

  it('of a running process is left alone while it shows signs of life, and for ten minutes after', async () => {
    await writeFile(PATH(), `${process.pid} ${hostname()} id\n`);
    await utimes(PATH(), longAgo(590), longAgo(590));
    expect(await takeLock(PATH())).toBeUndefined();
    await utimes(PATH(), longAgo(610), longAgo(610));
    expect(await takeLock(PATH())).toBeDefined();
  });

  it.each([
    ['another machine', `${ended} elsewhere id\n`],
    ['nobody', ''],
    ['an earlier version', '1\n'],
  ])('of %s is taken over after 30 s without a sign of life', async (_, content) => {
    await writeFile(PATH(), content);
    await utimes(PATH(), longAgo(25), longAgo(25));
    expect(await takeLock(PATH())).toBeUndefined();
    await utimes(PATH(), longAgo(35), longAgo(35));
    expect(await takeLock(PATH())).toBeDefined();
  });

  it('shows signs of life', async () => {
    const lock = await takeLock(PATH(), { staleMs: 40 });
    await utimes(PATH(), longAgo(900), longAgo(900));
    await expect.poll(async () => Date.now() - (await stat(PATH())).mtimeMs).toBeLessThan(60_000);
    await lock!.release();
  });

  it('that another process took over is not removed by its first holder', async () => {
    const lock = await takeLock(PATH());
    await writeFile(PATH(), 'of another');
    await lock!.release();
    expect(await text('x.lock')).toBe('of another');
  });

  it('lets one work at a time, and gives way to an abort', async () => {
    const events: string[] = [];
    const job = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 15));
      events.push(`${name} ends`);
    };
    const first = withLock(PATH(), job('a'), { pollMs: 5 });
    await expect.poll(() => events).toContain('a begins');
    await Promise.all([first, withLock(PATH(), job('b'), { pollMs: 5 })]);
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    const lock = await takeLock(PATH());
    const signal = AbortSignal.timeout(30);
    await expect(withLock(PATH(), job('c'), { pollMs: 5, signal })).rejects.toThrow(/timeout/);
    await lock!.release();
    expect(events).toHaveLength(4);
  });
});

it('a process that ends at once leaves neither temporary files nor locks, but what it gave up and what has its name', async () => {
  const script = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { removeAtExit, stageFile, takeLock, writeFileAtomically } from '@crrg/core/node';
    const folder = process.argv[1];
    await takeLock(folder + '/x.lock');
    await stageFile(folder + '/f', (handle) => handle.writeFile('a'));
    await writeFileAtomically(folder + '/kept', 'a');
    const lock = await takeLock(folder + '/of-another.lock');
    await lock.release();
    writeFileSync(folder + '/of-another.lock', 'another');
    mkdirSync(folder + '/made/more', { recursive: true });
    writeFileSync(folder + '/made/more/f', 'a');
    removeAtExit(folder + '/made');
    process.exit(7);`;
  const flags = ['--conditions=@crrg/source', '--import', 'tsx', '--input-type=module', '-e', script, folder];
  expect(spawnSync(process.execPath, flags, { encoding: 'utf8' })).toMatchObject({ status: 7, stderr: '' });
  expect((await readdir(folder)).sort()).toEqual(['kept', 'of-another.lock']);
}, 20_000);
