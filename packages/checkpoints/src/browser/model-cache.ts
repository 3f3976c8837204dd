import type { BundleFile } from '../manifest.js';
import { MANIFEST_FILE, parseManifest } from '../manifest.js';

const CACHE_NAME = 'crrg-models-1';

/** A model that this origin keeps. */
export interface CachedModel {
  /** The address of the bundle's folder. */
  readonly address: string;
  /** Bytes that are kept, of older and of unfinished files too. */
  readonly bytes: number;
  /** The name and version of the bundle that opens without a network; undefined where none is whole yet. */
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** Where functions of the cache find it. */
export interface CachePlace {
  /** @defaultValue `caches` of the page or worker */
  readonly caches?: CacheStorage | undefined;
}

type Entry =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'whole'; readonly sha256: string }
  | { readonly kind: 'piece'; readonly sha256: string; readonly start: number; readonly end: number };

/** The bytes of one piece. */
export interface PieceRange {
  readonly start: number;
  readonly end: number;
}

/** The cache of this origin; undefined where the page has none: over plain http, or where a private window refuses it. */
export async function openModelCache({ caches }: CachePlace): Promise<Cache | undefined> {
  const storage = caches ?? (globalThis.caches as CacheStorage | undefined);
  return storage?.open(CACHE_NAME).catch(() => undefined);
}

function keyOf(address: string, path: string, fields: Readonly<Record<string, string>>): string {
  const key = new URL(path, address);
  key.search = String(new URLSearchParams({ 'crrg-model': address, ...fields }));
  return key.href;
}

/** The key of the manifest of the newest whole bundle of an address. */
export const manifestKey = (address: string) => keyOf(address, MANIFEST_FILE, {});

/** The key of the hashes of a file's pieces, kept once the file was right as a whole. */
export const wholeKey = (address: string, { path, sha256 }: BundleFile) =>
  keyOf(address, path, { sha256, whole: '1' });

/** The key of a piece: a changed file has other keys. */
export const pieceKey = (address: string, { path, sha256 }: BundleFile, { start, end }: PieceRange) =>
  keyOf(address, path, { sha256, bytes: `${start}-${end}` });

/** What a key stands for. */
function parseKey(url: string): (Entry & { readonly address: string }) | undefined {
  const fields = new URL(url).searchParams;
  const address = fields.get('crrg-model');
  if (address === null) return undefined;
  const sha256 = fields.get('sha256');
  if (sha256 === null) return { address, kind: 'manifest' };
  const range = /^(\d+)-(\d+)$/.exec(fields.get('bytes') ?? '');
  return range
    ? { address, kind: 'piece', sha256, start: Number(range[1]), end: Number(range[2]) }
    : { address, kind: 'whole', sha256 };
}

async function entriesOf(
  cache: Cache,
): Promise<(Entry & { readonly address: string; readonly url: string })[]> {
  const requests = await cache.keys();
  return requests.flatMap(({ url }) => {
    const entry = parseKey(url);
    return entry ? [{ ...entry, url }] : [];
  });
}

/** Removes what other bundles of an address left. */
export async function pruneModel(cache: Cache, address: string, files: readonly BundleFile[]): Promise<void> {
  const current = new Set(files.map(({ sha256 }) => sha256));
  for (const entry of await entriesOf(cache))
    if (entry.address === address && entry.kind !== 'manifest' && !current.has(entry.sha256))
      await cache.delete(entry.url);
}

/** An address of a folder, whole and with a slash at its end. */
export function folderAddress(address: string | URL): string {
  const here = (globalThis as { location?: { href: string } }).location?.href;
  return new URL(String(address).replace(/\/*$/, '/'), here).href;
}

async function nameOf(cache: Cache, address: string): Promise<Pick<CachedModel, 'name' | 'version'>> {
  const kept = await cache.match(manifestKey(address));
  if (!kept) return { name: undefined, version: undefined };
  const { name, version } = parseManifest(await kept.text());
  return { name, version };
}

/**
 * The models that this origin keeps, by address.
 *
 * @example
 * ```ts
 * for (const { address, name, bytes } of await listCachedModels()) console.log(address, name, bytes);
 * ```
 */
export async function listCachedModels(place: CachePlace = {}): Promise<CachedModel[]> {
  const cache = await openModelCache(place);
  if (!cache) return [];
  const bytes = new Map<string, number>();
  for (const entry of await entriesOf(cache)) {
    const size = entry.kind === 'piece' ? entry.end - entry.start : 0;
    bytes.set(entry.address, (bytes.get(entry.address) ?? 0) + size);
  }
  const addresses = [...bytes.keys()].sort();
  return Promise.all(
    addresses.map(async (address) => ({
      address,
      bytes: bytes.get(address)!,
      ...(await nameOf(cache, address)),
    })),
  );
}

/**
 * Removes what this origin keeps of one model, or of all.
 * @param address as it was given when the model was opened. @defaultValue all models
 * @returns the bytes that were kept
 *
 * @example
 * ```ts
 * await clearModelCache('/models/rgrg');
 * ```
 */
export async function clearModelCache(address?: string | URL, place: CachePlace = {}): Promise<number> {
  const cache = await openModelCache(place);
  if (!cache) return 0;
  const wanted = address === undefined ? undefined : folderAddress(address);
  let bytes = 0;
  for (const entry of await entriesOf(cache)) {
    if (wanted !== undefined && entry.address !== wanted) continue;
    if (entry.kind === 'piece') bytes += entry.end - entry.start;
    await cache.delete(entry.url);
  }
  return bytes;
}

/**
 * Asks the browser not to remove what this origin keeps when the disk gets full; some browsers ask the user.
 * @returns whether it agreed
 */
export async function persistModelCache(): Promise<boolean> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
  return (await storage?.persist?.()) ?? false;
}
