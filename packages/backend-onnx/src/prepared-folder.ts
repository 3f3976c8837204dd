import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { userCacheFolder } from '@crrg/core/node';

/** What is kept is found by what it is made of: `content` tells of what, and what is made; with another `state` of that it is made again. */
export interface Recipe {
  readonly content: string;
  readonly state: string;
}

/** Of the ways in which things are made and laid out: another one does not find what this one left. */
const VERSION = 1;

/** The first part of a SHA-256, in hexadecimal. */
export const shortHash = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex').slice(0, 32);

/** A folder of something that is kept for later processes. */
export interface PreparedFolder {
  readonly path: string;
  /** Removes what was made of earlier states of the same. */
  removeOlder(): Promise<void>;
}

/** @param preparedDir as the option of that name, but null @throws where the user has no home */
export function preparedFolder({ content, state }: Recipe, preparedDir: string | undefined): PreparedFolder {
  const parent = resolve(preparedDir ?? join(userCacheFolder(), 'prepared'));
  const place = shortHash(JSON.stringify([VERSION, content]));
  const kept = `${place}-${shortHash(state)}`;
  const removeOlder = async () => {
    for (const name of await readdir(parent).catch(() => []))
      if (name.startsWith(`${place}-`) && !name.startsWith(kept))
        await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  };
  return { path: join(parent, kept), removeOlder };
}
