import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { findForeignFile } from '@crrg/checkpoints/node';
import { ConfigError } from '@crrg/core';
import { takeLock, writingTo } from '@crrg/core/node';

const OUT = 'pipeline.importModel: `out`';

const realOf = (file: string) => realpath(file).catch(() => path.resolve(file));

/**
 * A folder for a bundle may be new, empty, or hold a bundle alone. Nothing is written.
 * @throws {ConfigError} where it holds one of the inputs, or anything else
 */
export async function requireOutFolder(folder: string, inputs: readonly string[]): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats && !stats.isDirectory())
    throw new ConfigError(`${OUT}: expected a folder, got ${folder}, which is none; choose another name.`);
  const target = await realOf(folder);
  for (const input of inputs) {
    const real = await realOf(input);
    if (real === target || real.startsWith(target + path.sep))
      throw new ConfigError(
        `${OUT}: expected a folder without the input ${input}, got ${folder}; choose another name.`,
      );
  }
  const foreign = await writingTo(folder, () => findForeignFile(folder));
  if (foreign !== undefined)
    throw new ConfigError(
      `${OUT}: expected a new folder or a bundle alone, got ${folder}, which holds ${foreign}; choose another name, or move what is there.`,
    );
}

/**
 * Does the writing of a bundle, and keeps others from it meanwhile.
 * @throws {ConfigError} where another run writes it
 * @throws {OutputError} where it cannot be written
 */
export async function writingInto<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const file = `${await realOf(folder)}.lock`;
  return writingTo(folder, async () => {
    const lock = await takeLock(file);
    if (!lock)
      throw new ConfigError(
        `${OUT}: expected a folder that no other run writes, got one with the lock ${file}; wait for that run, or choose another name.`,
      );
    try {
      return await work();
    } finally {
      await lock.release();
    }
  });
}
