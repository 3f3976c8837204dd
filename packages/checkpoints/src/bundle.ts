import { CheckpointError, computeSha256, shortenName, type ProgressListener } from '@crrg/core';
import type { TensorEntry } from './checkpoint.js';
import { chunksOf, joinChunks } from './download/response.js';
import {
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleFile,
  type BundleManifest,
} from './manifest.js';
import { bytesSource, readExactly, type RandomAccess } from './random-access.js';
import { openSafetensors } from './safetensors.js';

/** Where the files of a bundle come from: a folder, a web server, memory. */
export interface BundleSource {
  /** Opens one file by its path in the bundle. `file` is its manifest row; absent for the manifest itself. */
  open(path: string, file?: BundleFile): Promise<RandomAccess>;
  /** Releases what was opened. */
  close(): Promise<void>;
}

/** An opened bundle. */
export interface Bundle {
  readonly manifest: BundleManifest;
  /** SHA-256 of `manifest.json`, which pins everything else. */
  readonly sha256: string;
  /** Tensors of all weight files by name; read when asked for. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** A whole file that the manifest lists. @throws {CheckpointError} for any other path */
  readFile(path: string): Promise<Uint8Array>;
  /** Whether the numbers of these very weight files were found good before, where that is remembered. */
  readonly knownNumbers?: { has(): Promise<boolean>; add(): Promise<void> } | undefined;
  close(): Promise<void>;
}

function refuse(problem: string): CheckpointError {
  return new CheckpointError(`checkpoints.openBundle: ${problem}; fetch the bundle again.`);
}

/** @throws {CheckpointError} where the bytes are not those of the manifest row */
async function checkHash(bytes: Uint8Array, file: BundleFile | undefined): Promise<void> {
  if (file && (await computeSha256(bytes)) !== file.sha256)
    throw refuse(`expected the hash of ${file.path} to be ${file.sha256}, got another one`);
}

async function openFileOf(source: BundleSource, file: BundleFile): Promise<RandomAccess> {
  const opened = await source.open(file.path, file);
  if (opened.size !== file.size)
    throw refuse(`expected ${file.size} bytes in ${file.path}, got ${opened.size}`);
  return opened;
}

async function openWeights(
  source: BundleSource,
  files: readonly BundleFile[],
): Promise<Map<string, TensorEntry>> {
  const entries = new Map<string, TensorEntry>();
  for (const file of files.filter(({ role }) => role === 'weights')) {
    const shard = await openSafetensors(await openFileOf(source, file));
    for (const [name, entry] of shard.entries) {
      if (entries.has(name)) throw refuse(`expected each tensor once, got "${name}" again in ${file.path}`);
      entries.set(name, entry);
    }
  }
  return entries;
}

/**
 * Opens a bundle from any source. Sizes are checked now; hashes are checked by {@link urlSource} and {@link memorySource} as each file
 * is opened, and by `readBundle` of the Node entry.
 * @throws {CheckpointError} where the manifest or a weight file is not valid
 */
export async function openBundle(source: BundleSource): Promise<Bundle> {
  try {
    const opened = await source.open(MANIFEST_FILE);
    const json = await readExactly(opened, 0, opened.size, 'checkpoints.openBundle');
    const manifest = parseManifest(json);
    const entries = await openWeights(source, manifest.files);
    const readFile = async (path: string) => {
      const file = manifest.files.find((known) => known.path === path);
      if (!file) throw refuse(`expected a file that the manifest lists, got ${path}`);
      return readExactly(await openFileOf(source, file), 0, file.size, 'checkpoints.openBundle');
    };
    return { manifest, sha256: await computeSha256(json), entries, readFile, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** How {@link urlSource} fetches. */
export interface UrlSourceOptions {
  /** @defaultValue the global fetch */
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/**
 * A bundle on a web server, for browsers: each file is fetched whole, kept in memory, and checked against its hash.
 * @throws {CheckpointError} from `open` where a file is absent or another one
 */
export function urlSource(baseUrl: string | URL, options: UrlSourceOptions = {}): BundleSource {
  const base = String(baseUrl).replace(/\/*$/, '/');
  const files = new Map<string, Promise<RandomAccess>>();
  const load = async (path: string, file?: BundleFile): Promise<RandomAccess> => {
    const bytes = await fetchBytes(`${base}${path}`, path, file?.size, options);
    await checkHash(bytes, file);
    return bytesSource(bytes);
  };
  return {
    open: (path, file) => {
      const opened = files.get(path) ?? load(path, file);
      files.set(path, opened);
      opened.catch(() => files.delete(path));
      return opened;
    },
    close: () => Promise.resolve(files.clear()),
  };
}

async function fetchBytes(
  url: string,
  path: string,
  size: number | undefined,
  options: UrlSourceOptions,
): Promise<Uint8Array> {
  const { fetch: get = fetch, signal, onProgress } = options;
  const response = await get(url, signal ? { signal } : {}).catch((cause: unknown) => {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CheckpointError(
      `checkpoints.openBundle: expected ${path} from ${shortenName(url)}, got "${shortenName(reason)}"; check the address, the network, and that its server allows this page (CORS; no plain http from an https page).`,
      { cause },
    );
  });
  if (!response.ok || !response.body)
    throw refuse(`expected ${path} from the server, got status ${response.status}`);
  const limit = size ?? MAX_MANIFEST_BYTES;
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  for await (const chunk of chunksOf(response, () => undefined)) {
    signal?.throwIfAborted();
    loaded += chunk.byteLength;
    if (loaded > limit) throw refuse(`expected at most ${limit} bytes of ${path}, got more`);
    chunks.push(chunk);
    onProgress?.({ type: 'weights-progress', file: path, loaded, total: size });
  }
  return joinChunks(chunks, loaded);
}

/** A bundle whose files are in memory; each is checked against its hash when it is opened. */
export function memorySource(files: ReadonlyMap<string, Uint8Array>): BundleSource {
  return {
    open: async (path, file) => {
      const bytes = files.get(path);
      if (!bytes) throw refuse(`expected a file ${path}, got none`);
      await checkHash(bytes, file);
      return bytesSource(bytes);
    },
    close: () => Promise.resolve(),
  };
}
