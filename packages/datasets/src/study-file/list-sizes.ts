import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const LIST = /\.(?:csv|txt|json)(?:\.gz)?$/;

/** Sizes of the lists that lie in folders themselves, by path: where one has changed, a run that was stopped must not go on. */
export async function listSizes(folders: readonly string[]): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const folder of folders)
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      if (!LIST.test(name)) continue;
      const file = path.resolve(folder, name);
      sizes[file] = (await stat(file)).size;
    }
  return sizes;
}
