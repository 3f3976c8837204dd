import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { userCacheFolder, writeFileAtomically } from '@crrg/core/node';
import type { Bundle } from '../bundle.js';
import type { BundleFile } from '../manifest.js';

/** Smaller files are hashed every time: that takes less time than to look. */
const LEAST_BYTES = 2 ** 20;
/** A file that is younger may change once more within the same time stamp. */
const LEAST_AGE_MS = 2000;

/** Remembers which files of a bundle were found good, as long as size, time stamps and place of the file stay the same. */
export interface CheckedFiles {
  has(file: BundleFile): Promise<boolean>;
  /** What the file is before it is checked; to be given to {@link CheckedFiles.add} after. */
  look(file: BundleFile): Promise<string | undefined>;
  add(file: BundleFile, seen: string | undefined): Promise<void>;
  /** Keeps what was added for later processes. A cache that cannot be written is no error. */
  save(): Promise<void>;
}

async function keyOf(path: string, { size, sha256 }: BundleFile): Promise<string | undefined> {
  if (size < LEAST_BYTES) return undefined;
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  if (!stats || stats.size !== BigInt(size)) return undefined;
  const youngest = Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs);
  if (Date.now() - youngest < LEAST_AGE_MS) return undefined;
  return [stats.dev, stats.ino, size, stats.mtimeNs, stats.ctimeNs, sha256].join(' ');
}

async function readKeys(path: string): Promise<Map<string, unknown>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(path, 'utf8')) as object));
  } catch {
    return new Map();
  }
}

/** What was checked: the hashes of whole files, or that the numbers of weights can be computed with. */
export type Check = 'hashes' | 'numbers';

/** The file for what is known of a folder; undefined for a user without a home. */
function cacheFileOf(place: string, check: Check, cacheFolder: string | undefined): string | undefined {
  const name = createHash('sha256').update(place).digest('hex').slice(0, 32);
  const end = check === 'hashes' ? '' : `-${check}`;
  try {
    return join(cacheFolder ?? userCacheFolder(), 'checked', `${name}${end}.json`);
  } catch {
    return undefined;
  }
}

/** What is known of the files of a bundle. @param cacheFolder where that is kept */
export async function openCheckedFiles(
  folder: string,
  check: Check,
  cacheFolder?: string | undefined,
): Promise<CheckedFiles> {
  const place = await realpath(folder).catch(() => folder);
  const cache = cacheFileOf(place, check, cacheFolder);
  const keys = cache === undefined ? new Map<string, unknown>() : await readKeys(cache);
  const look = (file: BundleFile) => keyOf(join(place, file.path), file);
  let isChanged = false;
  return {
    look,
    has: async (file) => {
      const key = await look(file);
      return key !== undefined && keys.get(file.path) === key;
    },
    add: async (file, seen) => {
      if (seen === undefined || (await look(file)) !== seen) return;
      keys.set(file.path, seen);
      isChanged = true;
    },
    save: async () => {
      if (!isChanged || cache === undefined) return;
      await writeFileAtomically(cache, JSON.stringify(Object.fromEntries(keys))).catch(() => undefined);
    },
  };
}

/** What is known of the numbers in the weight files of a bundle. @param cacheFolder where that is kept */
export async function knownNumbersOf(
  folder: string,
  files: readonly BundleFile[],
  cacheFolder?: string | undefined,
): Promise<Bundle['knownNumbers']> {
  const checked = await openCheckedFiles(folder, 'numbers', cacheFolder);
  const weights = files.filter(({ role }) => role === 'weights');
  const seen = await Promise.all(weights.map((file) => checked.look(file)));
  return {
    has: async () => (await Promise.all(weights.map((file) => checked.has(file)))).every(Boolean),
    add: async () => {
      for (const [index, file] of weights.entries()) await checked.add(file, seen[index]);
      await checked.save();
    },
  };
}
