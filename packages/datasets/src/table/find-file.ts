import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';

const isThere = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * A file of a data set, plain or packed as `NAME.gz`; undefined where there is neither.
 * @param names looked for in this order, below the root
 */
export async function findFile(root: string, ...names: readonly string[]): Promise<string | undefined> {
  for (const name of names.flatMap((each) => [each, `${each}.gz`])) {
    const file = path.join(root, name);
    if (await isThere(file)) return file;
  }
  return undefined;
}

/** @throws {@link DataError} where there is neither the file nor its packed form */
export async function requireFile(root: string, ...names: readonly string[]): Promise<string> {
  const file = await findFile(root, ...names);
  if (file !== undefined) return file;
  throw new DataError(
    `${root}: expected ${names.join(' or ')}, plain or with .gz, got neither; name the folder as published.`,
  );
}
