import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '@crrg/core';
import { MANIFEST_FILE } from '../manifest.js';
import { readManifest } from './read-manifest.js';

/** Files that a stopped run of ours may have left. */
const LEFT_BEHIND = /\.[0-9a-f]{8}-[0-9a-f-]{27}\.tmp$/;

/** The first file at or below a place that is not `ours`, as a path in the bundle. */
async function findForeign(
  folder: string,
  ours: ReadonlySet<string>,
  within = '',
): Promise<string | undefined> {
  const entries = await readdir(join(folder, within), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = within + entry.name;
    const foreign = entry.isDirectory()
      ? await findForeign(folder, ours, `${path}/`)
      : ours.has(path) || LEFT_BEHIND.test(path)
        ? undefined
        : path;
    if (foreign !== undefined) return foreign;
  }
  return undefined;
}

/**
 * A file that a folder holds besides a bundle, as a path in it: any file where it has no manifest of ours. Undefined for a folder that is
 * absent, empty or a bundle alone, which {@link writeBundle} may replace.
 *
 * @example
 * ```ts
 * if ((await findForeignFile('models/mine')) === undefined) await writeBundle('models/mine', content);
 * ```
 * @throws where the system does not let the folder be read, or it is none
 */
export async function findForeignFile(folder: string): Promise<string | undefined> {
  const manifest = await readManifest(folder).catch((error: unknown) => {
    if (CheckpointError.isInstance(error)) return undefined;
    throw error;
  });
  const ours = new Set(manifest ? [MANIFEST_FILE, ...manifest.files.map(({ path }) => path)] : []);
  return findForeign(folder, ours).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}
