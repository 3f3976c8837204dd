import { computeSha256 } from '@crrg/core';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { tryAddresses, type AttemptOptions } from '../download/attempts.js';
import { refuseDownload, type DownloadOptions } from '../download/response.js';
import type { BundleFile } from '../manifest.js';
import { fetchPieces } from './fetch-pieces.js';
import type { Pieces } from './pieces.js';

/** Bytes that are hashed at once: a few milliseconds of the page's thread. */
const HASH_SLICE = 2 ** 20;

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

/** The hash of a whole file, from its pieces in turn; the hash of each piece beside it. */
function createHashes() {
  const whole = sha256.create();
  const ofPieces: string[] = [];
  return {
    ofPieces,
    async add(bytes: Uint8Array): Promise<void> {
      for (let at = 0; at < bytes.byteLength; at += HASH_SLICE) {
        if (at > 0) await nextTask();
        whole.update(bytes.subarray(at, at + HASH_SLICE));
      }
      ofPieces.push(await computeSha256(bytes));
    },
    whole: () => bytesToHex(whole.digest()),
  };
}

/** Goes through the pieces in turn: those that are kept are read, all others fetched and kept. */
async function fillOnce(
  url: string,
  file: BundleFile,
  pieces: Pieces,
  options: DownloadOptions,
): Promise<string[]> {
  const hashes = createHashes();
  let index = 0;
  while (index < pieces.count) {
    options.signal?.throwIfAborted();
    const kept = await pieces.read(index);
    if (kept) {
      await hashes.add(kept);
      index += 1;
      continue;
    }
    await fetchPieces(url, file, pieces, index, options, async (_, bytes) => {
      await pieces.write(index, bytes);
      await hashes.add(bytes);
      index += 1;
      return index < pieces.count && !(await pieces.has(index));
    });
  }
  const got = hashes.whole();
  if (got === file.sha256) return hashes.ofPieces;
  await pieces.clear();
  throw refuseDownload(options.where, file.path, `expected the hash ${file.sha256}, got ${got}`);
}

/**
 * Fetches what is missing of a file. An attempt that fails leaves its finished pieces to the next one, also to that of a later visit; a file
 * that is whole and wrong leaves none.
 * @returns SHA-256 of each piece of the file, which is right as a whole
 * @throws {DownloadError}
 */
export function fillFile(
  url: string,
  file: BundleFile,
  pieces: Pieces,
  options: DownloadOptions & AttemptOptions,
): Promise<string[]> {
  return tryAddresses([url], options, () => fillOnce(url, file, pieces, options));
}

/**
 * One piece again, where the kept one is gone or is not what it was.
 * @throws {DownloadError} where the address has another file by now
 */
export async function refetchPiece(
  url: string,
  file: BundleFile,
  pieces: Pieces,
  index: number,
  hash: string,
  options: DownloadOptions & AttemptOptions,
): Promise<Uint8Array> {
  return tryAddresses([url], options, async () => {
    let fetched = new Uint8Array();
    await fetchPieces(url, file, pieces, index, options, async (_, bytes) => {
      fetched = bytes as Uint8Array<ArrayBuffer>;
      return false;
    });
    if ((await computeSha256(fetched)) !== hash)
      throw refuseDownload(
        options.where,
        file.path,
        `expected the bytes that were kept from ${pieces.rangeOf(index).start}, got others`,
      );
    await pieces.write(index, fetched);
    return fetched;
  });
}
