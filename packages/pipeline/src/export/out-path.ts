import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@crrg/core';

const OUT = 'pipeline.exportModel: `out`';

async function isAbsent(out: string): Promise<boolean> {
  return lstat(out).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
}

/** The name of a new file. @throws {ConfigError} where there is one, so that nothing is ever written over, or it would lie in a bundle */
export async function requireNewFile(out: string): Promise<void> {
  if (!(await isAbsent(out)))
    throw new ConfigError(
      `${OUT}: expected the name of a new file, got ${out}, which is there; choose another.`,
    );
  const folder = await realpath(path.dirname(out)).catch(() => path.dirname(path.resolve(out)));
  if (!(await isAbsent(path.join(folder, 'manifest.json'))))
    throw new ConfigError(`${OUT}: expected a name outside a bundle, got ${out}; choose another folder.`);
}

/** A folder that is new or empty. @throws {ConfigError} for any other */
export async function requireEmptyFolder(out: string): Promise<void> {
  if (await isAbsent(out)) return;
  const names = await readdir(out).catch(() => undefined);
  if (names?.length === 0) return;
  throw new ConfigError(
    `${OUT}: expected a new or empty folder, got ${out}, ${names ? `which holds ${names.sort()[0]}` : 'which is none'}; choose another name.`,
  );
}
