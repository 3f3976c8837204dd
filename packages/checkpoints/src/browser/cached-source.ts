import { CheckpointError, computeSha256, type WarningListener } from '@crrg/core';
import { urlSource, type BundleSource, type UrlSourceOptions } from '../bundle.js';
import { tryAddresses, type AttemptOptions } from '../download/attempts.js';
import { downloadBytes, StatusError, type DownloadOptions } from '../download/response.js';
import {
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleFile,
  type BundleManifest,
} from '../manifest.js';
import { bytesSource, type RandomAccess } from '../random-access.js';
import { fillFile, refetchPiece } from './fill-file.js';
import { folderAddress, manifestKey, openModelCache, pruneModel, type CachePlace } from './model-cache.js';
import { createPieces, type Pieces } from './pieces.js';

const WHERE = 'checkpoints.openBundle';
/** Held in memory while a file is fetched or read. */
const PIECE_BYTES = 8 * 2 ** 20;
/** Time without an answer after which a manifest that is kept is used. */
const OFFLINE_MS = 5000;

/** How {@link cachedSource} fetches. */
export interface CachedSourceOptions extends UrlSourceOptions, AttemptOptions, CachePlace {
  /** Time without a byte after which an attempt is given up, in milliseconds. @defaultValue 30000 */
  readonly stallMs?: number | undefined;
  /** Bytes that are kept together: what an interrupted visit loses at most. @defaultValue 8388608 */
  readonly pieceBytes?: number | undefined;
  /** Hears that nothing can be kept, that a damaged piece was fetched again, or that a kept model is used without a network. */
  readonly onWarning?: WarningListener | undefined;
}

type Request = DownloadOptions & AttemptOptions;

/** An address of which files are kept. */
interface Kept {
  readonly cache: Cache;
  readonly address: string;
  readonly request: Request;
  readonly pieceBytes: number;
  readonly warn: WarningListener;
}

/** Does the work of one tab at a time. */
function inLock<T>({ address, request }: Kept, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  if (!locks) return work();
  const { signal } = request;
  // A promise of the type's own: the declared one is wrapped once more.
  return locks.request(`crrg-model ${address}`, signal ? { signal } : {}, work) as Promise<T>;
}

/** True where the server says that the file is gone or not for us, which no kept copy repairs. */
const isRefusal = (error: unknown) =>
  error instanceof StatusError &&
  error.status >= 400 &&
  error.status < 500 &&
  error.status !== 408 &&
  error.status !== 429;

/** The manifest of today, or where the network fails, that of the bundle which is kept whole. */
async function findManifest({ cache, address, request, warn }: Kept): Promise<Uint8Array> {
  const kept = await cache.match(manifestKey(address)).catch(() => undefined);
  const options: Request = {
    ...request,
    init: { cache: 'no-cache' },
    ...(kept && { attempts: 1, stallMs: Math.min(request.stallMs, OFFLINE_MS) }),
  };
  try {
    return await tryAddresses([`${address}${MANIFEST_FILE}`], options, async (url) => {
      const json = await downloadBytes(url, MANIFEST_FILE, MAX_MANIFEST_BYTES, options);
      parseManifest(json);
      return json;
    });
  } catch (error) {
    request.signal?.throwIfAborted();
    if (!kept || !(error instanceof CheckpointError) || isRefusal(error)) throw error;
    warn(`${error.message} The model that this browser kept is used.`);
    return new Uint8Array(await kept.arrayBuffer());
  }
}

/** A file by offset, a piece at a time; each piece is checked when it is read. */
function piecewise(
  { address, request, warn }: Kept,
  file: BundleFile,
  pieces: Pieces,
  hashes: readonly string[],
): RandomAccess {
  const load = async (index: number): Promise<Uint8Array> => {
    const kept = await pieces.read(index);
    const hash = hashes[index]!;
    if (kept && (await computeSha256(kept)) === hash) return kept;
    warn(
      `${WHERE}: expected the kept bytes of ${file.path} from ${pieces.rangeOf(index).start}, got ${kept ? 'damaged ones' : 'none'}; they are fetched again.`,
    );
    return refetchPiece(`${address}${file.path}`, file, pieces, index, hash, request);
  };
  let last: { readonly index: number; readonly bytes: Promise<Uint8Array> } | undefined;
  const pieceOf = (index: number) => {
    if (last?.index !== index) last = { index, bytes: load(index) };
    return last.bytes;
  };
  return {
    size: file.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const index = Math.floor((offset + at) / pieces.pieceBytes);
        const { start } = pieces.rangeOf(index);
        const piece = await pieceOf(index);
        const part = piece.subarray(offset + at - start, offset + length - start);
        bytes.set(part, at);
        at += part.byteLength;
      }
      return bytes;
    },
  };
}

/** The file, fetched where it is not whole yet. */
async function openKept(kept: Kept, file: BundleFile): Promise<{ opened: RandomAccess; isKept: boolean }> {
  const { cache, address, request, pieceBytes, warn } = kept;
  const onFull = (cause: unknown) =>
    warn(
      `${WHERE}: expected room to keep ${file.path}, got "${cause instanceof Error ? cause.message : String(cause)}"; it is used without being kept. Free some with clearModelCache().`,
    );
  const pieces = createPieces(cache, address, file, { pieceBytes, onFull });
  const known = await pieces.readHashes();
  const hashes = known ?? (await fillFile(`${address}${file.path}`, file, pieces, request));
  const isKept = known !== undefined || (await pieces.writeHashes(hashes));
  return { opened: piecewise(kept, file, pieces, hashes), isKept };
}

/** Keeps what {@link cachedSource} opens, and the manifest when everything that a model needs is there. */
function keepingSource(kept: Kept): BundleSource {
  const { cache, address } = kept;
  const whole = new Set<string>();
  let json: Uint8Array | undefined;
  let manifest: BundleManifest | undefined;
  const commit = async () => {
    if (!json || !manifest) return;
    const needed = manifest.files.filter(({ role }) => role !== 'document');
    if (!needed.every(({ path }) => whole.has(path))) return;
    await cache.put(manifestKey(address), new Response(json as Uint8Array<ArrayBuffer>));
    await pruneModel(cache, address, manifest.files);
  };
  return {
    async open(path, file) {
      if (!file) {
        json = await findManifest(kept);
        manifest = parseManifest(json);
        return bytesSource(json);
      }
      return inLock(kept, async () => {
        const { opened, isKept } = await openKept(kept, file);
        if (isKept) whole.add(path);
        await commit().catch(() => undefined);
        return opened;
      });
    },
    close: () => Promise.resolve(),
  };
}

/**
 * A bundle on a web server, kept by the browser: each file is fetched once, in pieces that outlive an interrupted visit, checked against its
 * hash, and read from the browser's Cache Storage from then on, also without a network. The manifest is asked for at every visit; files of a
 * changed one never mix with those of before. Where the browser keeps nothing, it is {@link urlSource}, with a warning.
 *
 * @example
 * ```ts
 * const bundle = await openBundle(cachedSource('/models/rgrg', { onProgress: console.log, onWarning: console.warn }));
 * ```
 * @throws {CheckpointError} from `open` where a file is absent or another one
 */
export function cachedSource(baseUrl: string | URL, options: CachedSourceOptions = {}): BundleSource {
  const { signal, onProgress, stallMs = 30_000, attempts, retryDelayMs, pieceBytes = PIECE_BYTES } = options;
  const warn = options.onWarning ?? (() => undefined);
  const address = folderAddress(baseUrl);
  const request: Request = {
    where: WHERE,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    init: { cache: 'no-store' },
    advice:
      'check the address, the network, and that its server allows this page (CORS; no plain http from an https page)',
    ...{ signal, onProgress, stallMs, attempts, retryDelayMs },
  };
  let source: Promise<BundleSource> | undefined;
  const choose = async (): Promise<BundleSource> => {
    const cache = /^https?:/.test(address) ? await openModelCache(options) : undefined;
    if (cache) return keepingSource({ cache, address, request, pieceBytes, warn });
    warn(
      `${WHERE}: expected a place to keep ${address}, got none from the browser, as over plain http and in some private windows; the model is fetched at every visit.`,
    );
    return urlSource(address, options);
  };
  const chosen = () => (source ??= choose());
  return {
    open: async (path, file) => (await chosen()).open(path, file),
    close: async () => (await source)?.close(),
  };
}
