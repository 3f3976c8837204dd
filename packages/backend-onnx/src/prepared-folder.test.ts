import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KEPT_DAYS, preparedFolder } from './prepared-folder.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-prepared-'));
});
afterEach(() => rm(root, { recursive: true }));

const folderOf = async (content: string, state: string, days = 0) => {
  const folder = preparedFolder({ content, state }, root);
  await mkdir(folder.path);
  const then = new Date(Date.now() - days * 24 * 3600 * 1000);
  await utimes(folder.path, then, then);
  return folder;
};

it('an earlier state of the same goes, what others made stays until nobody used it for long', async () => {
  const earlier = await folderOf('a', '1');
  const used = await folderOf('b', '1', KEPT_DAYS - 1);
  const forgotten = await folderOf('c', '1', KEPT_DAYS + 1);
  const touched = await folderOf('d', '1', KEPT_DAYS + 1);
  await touched.touch();
  const own = join(root, 'notes');
  await mkdir(own);
  await utimes(own, 1, 1);
  const kept = await folderOf('a', '2', KEPT_DAYS + 1);
  await kept.removeOlder();
  const left = [earlier, used, forgotten, touched, kept].map(({ path }) => existsSync(path));
  expect(left).toEqual([false, true, false, true, true]);
  expect(existsSync(own)).toBe(true);
});

it('what is not there can be touched, and a folder that is missing has nothing to remove', async () => {
  const folder = preparedFolder({ content: 'a', state: '1' }, join(root, 'missing'));
  await folder.touch();
  await folder.removeOlder();
  expect(existsSync(join(root, 'missing'))).toBe(false);
});
