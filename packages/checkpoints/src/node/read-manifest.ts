import { join } from 'node:path';
import { MANIFEST_FILE, parseManifest, type BundleManifest } from '../manifest.js';
import { openFile } from './file.js';

/** The manifest of the bundle in a folder. @throws {CheckpointError} */
export async function readManifest(folder: string): Promise<BundleManifest> {
  const file = await openFile(join(folder, MANIFEST_FILE));
  try {
    return parseManifest(await file.read(0, Math.min(file.size, 2 ** 24)));
  } finally {
    await file.close();
  }
}
