import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
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
  /** Notes that it is of use still. */
  touch(): Promise<void>;
  /** Removes what was made of earlier states of the same, and what nobody used for {@link KEPT_DAYS}. */
  removeOlder(): Promise<void>;
}

/** Days after which what nobody used goes: of models that are gone, or of earlier versions of this library. */
export const KEPT_DAYS = 60;

async function isForgotten(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > KEPT_DAYS * 24 * 3600 * 1000;
}

/** @param preparedDir as the option of that name, but null @throws where the user has no home */
export function preparedFolder({ content, state }: Recipe, preparedDir: string | undefined): PreparedFolder {
  const parent = resolve(preparedDir ?? join(userCacheFolder(), 'prepared'));
  const place = shortHash(JSON.stringify([VERSION, content]));
  const kept = `${place}-${shortHash(state)}`;
  const path = join(parent, kept);
  const removeOlder = async () => {
    const others = (await readdir(parent).catch(() => [])).filter(
      (name) => /^[0-9a-f]{32}-[0-9a-f]{32}/.test(name) && !name.startsWith(kept),
    );
    for (const name of others)
      if (name.startsWith(`${place}-`) || (await isForgotten(join(parent, name))))
        await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  };
  const touch = async () => {
    const now = new Date();
    await utimes(path, now, now).catch(() => undefined);
  };
  return { path, touch, removeOlder };
}
