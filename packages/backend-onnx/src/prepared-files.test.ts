import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEPT_DAYS, preparedFiles, whenPrepared } from './prepared-files.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-prepared-'));
});
afterEach(() => rm(root, { recursive: true }));

const recipe = { content: 'a', state: '1' };
const writing = (text: string) => async (folder: string) => {
  await writeFile(join(folder, 'weights.bin'), text);
  return folder;
};
/** Of another process: this one does not know of it. */
async function makeElsewhere(state: string, text: string) {
  const folder = await preparedFiles({ ...recipe, state }, root).make(['weights.bin'], writing(text));
  await whenPrepared();
  return folder;
}
const setAge = async (path: string, days: number) => {
  const then = new Date(Date.now() - days * 24 * 3600 * 1000);
  await utimes(path, then, then);
};

describe('prepared files', () => {
  it('are found at once by the process that made them, and by others when they are durable', async () => {
    const prepared = preparedFiles(recipe, root);
    expect(await prepared.find()).toBeUndefined();
    const made = await prepared.make(['weights.bin'], writing('1'));
    expect(await prepared.find()).toBe(made);
    const mark = join(made, '..', 'whole');
    expect(existsSync(mark)).toBe(false);
    await whenPrepared();
    expect(await prepared.find()).toBe(made);
    expect(join(made, '..', await readFile(mark, 'utf8'))).toBe(made);
  });

  it('that are not whole when the disk should have them are found by nobody else', async () => {
    const prepared = preparedFiles(recipe, root);
    const made = await prepared.make(['weights.bin', 'missing.bin'], writing('1'));
    await whenPrepared();
    expect(await prepared.find()).toBe(made);
    expect(existsSync(join(made, '..', 'whole'))).toBe(false);
  });

  it('do not take the place of what another process left first', async () => {
    const prepared = preparedFiles(recipe, root);
    const first = '01234567-0123-0123-0123-0123456789ab';
    const made = await prepared.make(['weights.bin'], async (folder) => {
      await writeFile(join(folder, '..', 'whole'), first);
      return writing('slower')(folder);
    });
    await whenPrepared();
    expect(await prepared.find()).toBe(made);
    expect(await readFile(join(made, '..', 'whole'), 'utf8')).toBe(first);
  });

  it('that cannot be kept go with the process that made them', async () => {
    const script = `
      import { existsSync } from 'node:fs';
      import { preparedFiles, whenPrepared } from ${JSON.stringify(join(import.meta.dirname, 'prepared-files.ts'))};
      const prepared = preparedFiles({ content: 'a', state: '1' }, ${JSON.stringify(root)});
      const { mkdir, writeFile } = await import('node:fs/promises');
      const made = await prepared.make(['weights.bin'], async (folder) => {
        await writeFile(folder + '/weights.bin', 'slower');
        await writeFile(folder + '/../whole', '01234567-0123-0123-0123-0123456789ab');
        return folder;
      });
      await whenPrepared();
      console.log(existsSync(made), (await prepared.find()) === made);
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=@crrg/source', '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('true true\n');
    const [kept] = await readdir(root);
    expect(await readdir(join(root, kept!))).toEqual(['whole']);
  });

  it('that could not be written leave nothing', async () => {
    const prepared = preparedFiles(recipe, root);
    const failing = prepared.make(['weights.bin'], () => Promise.reject(new Error('full')));
    await expect(failing).rejects.toThrow('full');
    expect(await prepared.find()).toBeUndefined();
    const [kept] = await readdir(root);
    expect(await readdir(join(root, kept!))).toEqual([]);
  });

  it('that are damaged are let go', async () => {
    const made = await makeElsewhere('1', '1');
    const prepared = preparedFiles(recipe, root);
    await prepared.remove(made);
    expect(existsSync(made)).toBe(false);
    expect(await prepared.find()).toBeUndefined();
  });

  it('are not found by a mark that names no folder beside it', async () => {
    const made = await makeElsewhere('1', '1');
    for (const text of ['..', '../../elsewhere', '']) {
      await writeFile(join(made, '..', 'whole'), text);
      expect(await preparedFiles(recipe, root).find()).toBeUndefined();
    }
  });

  it('of an earlier state of the same go, what others made stays until nobody used it for long', async () => {
    const folderOf = async (content: string, days: number) => {
      const made = await preparedFiles({ content, state: '1' }, root).make(['weights.bin'], writing('1'));
      await whenPrepared();
      await setAge(join(made, '..'), days);
      return made;
    };
    const earlier = await makeElsewhere('0', '0');
    const used = await folderOf('b', KEPT_DAYS - 1);
    const touched = await folderOf('d', KEPT_DAYS + 1);
    await preparedFiles({ content: 'd', state: '1' }, root).find();
    const forgotten = await folderOf('c', KEPT_DAYS + 1);
    const own = join(root, 'notes');
    await mkdir(own);
    await setAge(own, 999);
    const made = await makeElsewhere('1', '1');
    const left = [earlier, used, forgotten, touched, made].map((path) => existsSync(path));
    expect(left).toEqual([false, true, false, true, true]);
    expect(existsSync(own)).toBe(true);
  });

  it('of a process that was killed go after a day', async () => {
    const made = await makeElsewhere('1', '1');
    const [old, young] = ['0', '1'].map((digit) =>
      join(made, '..', `${digit.repeat(8)}-0000-0000-0000-000000000000`),
    );
    for (const path of [old!, young!]) await mkdir(path);
    await setAge(old!, 2);
    await setAge(made, 2);
    expect(await preparedFiles(recipe, root).find()).toBe(made);
    expect([old!, young!, made].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
