import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { removeAtExit, syncFolder, userCacheFolder, writeFileAtomically } from '@crrg/core/node';

/** What is kept is found by what it is made of: `content` tells of what, and what is made; with another `state` of that it is made again. */
export interface Recipe {
  readonly content: string;
  readonly state: string;
}

/** Of the ways in which things are made and laid out: another one does not find what this one left. */
const VERSION = 2;

/** Names the folder beside it whose files are whole and durable. */
const MARK = 'whole';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The first part of a SHA-256, in hexadecimal. */
export const shortHash = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex').slice(0, 32);

/** Files that are kept for later processes. */
export interface PreparedFiles {
  /** The folder that holds them, with a note that they are of use still; undefined where there is none. */
  find(): Promise<string | undefined>;
  /**
   * Lets `write` put files of these names into a new folder. They are of use at once: that the disk has them all, before which no other process
   * finds them, goes on by itself ({@link whenPrepared}). After that what was made of earlier states goes, and what nobody used for {@link KEPT_DAYS}.
   */
  make<Result>(names: readonly string[], write: (folder: string) => Promise<Result>): Promise<Result>;
  /** Lets go of what was found, and is damaged. */
  remove(folder: string): Promise<void>;
}

/** Days after which what nobody used goes: of models that are gone, or of earlier versions of this library. */
export const KEPT_DAYS = 60;
/** Days after which a folder without a mark is of a process that was killed. */
const UNFINISHED_DAYS = 1;

/** Folders that this process made and the disk does not have yet, by where they will be found. */
const fresh = new Map<string, string>();
const underWay = new Set<Promise<void>>();

/** Resolves when the disk has all that this process made for later ones. */
export async function whenPrepared(): Promise<void> {
  await Promise.all(underWay);
}

const removeTree = (path: string) => rm(path, { recursive: true, force: true }).catch(() => undefined);

async function isOlder(path: string, days: number): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > days * 24 * 3600 * 1000;
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

/** @param preparedDir as the option of that name, but null @throws where the user has no home */
export function preparedFiles({ content, state }: Recipe, preparedDir: string | undefined): PreparedFiles {
  const parent = resolve(preparedDir ?? join(userCacheFolder(), 'prepared'));
  const place = shortHash(JSON.stringify([VERSION, content]));
  const kept = `${place}-${shortHash(state)}`;
  const path = join(parent, kept);
  const mark = join(path, MARK);

  async function marked(): Promise<string | undefined> {
    const id = await readFile(mark, 'utf8').catch(() => '');
    return UUID.test(id) ? id : undefined;
  }

  async function removeOlder(): Promise<void> {
    for (const name of await readdir(parent))
      if (
        /^[0-9a-f]{32}-[0-9a-f]{32}$/.test(name) &&
        name !== kept &&
        (name.startsWith(`${place}-`) || (await isOlder(join(parent, name), KEPT_DAYS)))
      )
        await removeTree(join(parent, name));
  }

  async function removeUnfinished(id: string): Promise<void> {
    for (const name of await readdir(path))
      if (UUID.test(name) && name !== id && (await isOlder(join(path, name), UNFINISHED_DAYS)))
        await removeTree(join(path, name));
  }

  /** Whether they serve later processes now. */
  async function keep(id: string, names: readonly string[]): Promise<boolean> {
    for (const name of names) await sync(join(path, id, name));
    await syncFolder(join(path, id));
    if ((await marked()) !== undefined) return false;
    await writeFileAtomically(mark, id);
    fresh.delete(path);
    await removeOlder();
    return true;
  }

  return {
    async find() {
      const own = fresh.get(path);
      if (own !== undefined) return own;
      const id = await marked();
      if (id === undefined) return undefined;
      await touch(path);
      await removeUnfinished(id);
      return join(path, id);
    },
    async make(names, write) {
      const id = randomUUID();
      const folder = join(path, id);
      const forget = removeAtExit(folder);
      try {
        await mkdir(folder, { recursive: true });
        const result = await write(folder);
        fresh.set(path, folder);
        // What cannot be kept, on a full disk or as another process was faster, serves this process and goes with it.
        const keeping = keep(id, names).then(
          (isKept) => void (isKept && forget()),
          () => undefined,
        );
        underWay.add(keeping);
        void keeping.then(() => underWay.delete(keeping));
        return result;
      } catch (error) {
        await removeTree(folder);
        forget();
        throw error;
      }
    },
    async remove(folder) {
      fresh.delete(path);
      await rm(mark, { force: true });
      await removeTree(folder);
    },
  };
}
