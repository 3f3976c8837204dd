import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder, writeFully } from '@crrg/core/node';
import {
  bodyStart,
  chunksOf,
  rangeFrom,
  refuseDownload,
  withResponse,
  type DownloadOptions,
  type FileContent,
} from '../download/response.js';
import { hashFile } from './hash-file.js';

/** What the file must be. */
export interface DownloadTarget extends FileContent {
  /** Final path; while loading, the bytes lie beside it under a name with the hash. */
  readonly path: string;
}

async function sizeOfFile(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function appendBody(
  response: Response,
  start: number,
  handle: FileHandle,
  target: DownloadTarget,
  options: DownloadOptions,
  alive: () => void,
) {
  let loaded = start;
  for await (const chunk of chunksOf(response, alive)) {
    if (loaded + chunk.byteLength > target.size)
      throw refuseDownload(options.where, target.name, `expected ${target.size} bytes, got more`);
    await writeFully(handle, chunk);
    loaded += chunk.byteLength;
    options.onProgress?.({ type: 'weights-progress', file: target.name, loaded, total: target.size });
  }
  await handle.sync();
  if (loaded < target.size)
    throw refuseDownload(options.where, target.name, `expected ${target.size} bytes, got ${loaded}`);
}

/** Continues the partial file from one address. What arrived stays for the next attempt, unless it is too long. */
async function continuePart(
  url: string,
  part: string,
  target: DownloadTarget,
  options: DownloadOptions,
): Promise<void> {
  const have = await sizeOfFile(part);
  if (have === target.size) return;
  await withResponse(url, target.name, rangeFrom(have), options, async (response, alive) => {
    const start = await bodyStart(response, have, target, url, options.where);
    const handle = await open(part, start === 0 ? 'w' : 'a');
    try {
      await appendBody(response, start, handle, target, options, alive);
    } finally {
      await handle.close();
    }
  });
}

/**
 * Fetches one file from one address: continues a partial one where the server can, checks length and hash, and renames it to its
 * place. A partial file survives an error; one with the wrong content does not.
 * @throws {DownloadError}
 */
export async function downloadFile(
  url: string,
  target: DownloadTarget,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(dirname(target.path), { recursive: true });
  const part = `${target.path}.${target.sha256.slice(0, 16)}.part`;
  if ((await sizeOfFile(part)) > target.size) await rm(part);
  await continuePart(url, part, target, options);
  const sha256 = await hashFile(part);
  if (sha256 !== target.sha256) {
    await rm(part);
    throw refuseDownload(options.where, target.name, `expected the hash ${target.sha256}, got ${sha256}`);
  }
  await rename(part, target.path);
  await syncFolder(dirname(target.path));
}
