import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CheckpointError, ConfigError, shortenName, type ProgressListener } from '@crrg/core';
import {
  isSafePath,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type BundleFile,
  type BundleManifest,
} from '../manifest.js';
import { syncFolder, userCacheFolder, withLock, writeFileAtomically } from '@crrg/core/node';
import { findForeignFile } from './bundle-folder.js';
import { checkBundleFile, verifyBundle } from './bundle.js';
import { tryAddresses, type AttemptOptions } from '../download/attempts.js';
import { downloadBytes, DownloadError, type DownloadOptions } from '../download/response.js';
import { downloadFile } from './download.js';

const WHERE = 'checkpoints.fetchBundle';
const DEFAULT_HUB = 'https://huggingface.co';

/** A repository on a hub with addresses of the form `HUB/OWNER/NAME/resolve/REVISION/FILE`. */
export interface HubRepository {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. @defaultValue 'main' */
  readonly revision?: string | undefined;
}

/** How {@link fetchBundle} works. */
export interface FetchBundleOptions extends AttemptOptions {
  /** Where bundles are kept. @defaultValue `~/.cache/crrg` */
  readonly cacheFolder?: string | undefined;
  /** Addresses to try in turn after the first one: other hubs for a repository, other folders for a URL. @defaultValue none */
  readonly mirrors?: readonly string[] | undefined;
  /** A folder that already holds the bundle: it is verified and used, nothing is fetched. @defaultValue none */
  readonly offlineFolder?: string | undefined;
  /** Use only what the cache holds. @defaultValue false */
  readonly offline?: boolean | undefined;
  /** Pins the bundle: SHA-256 of `manifest.json`. Needed for plain http beyond this machine. @defaultValue none */
  readonly manifestSha256?: string | undefined;
  /** Largest sum of sizes that is accepted. @defaultValue 2e10 */
  readonly maxBytes?: number | undefined;
  /** Time without a byte after which an attempt is given up, in milliseconds. @defaultValue 30000 */
  readonly stallMs?: number | undefined;
  /** @defaultValue the global fetch */
  readonly fetch?: typeof fetch | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

interface Plan {
  readonly addresses: readonly string[];
  /** Where the finished bundle lies. */
  readonly folder: string;
  readonly label: string;
}

function isLocal({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

function checkAddress(address: string, isPinned: boolean): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && (isPinned || isLocal(url)));
  if (!isAllowed) {
    throw new ConfigError(
      `${WHERE}: expected an https address, got ${JSON.stringify(shortenName(address))}; use https, or pin plain http with manifestSha256.`,
    );
  }
  return address.replace(/\/*$/, '/');
}

function planRepository(
  { repo, revision = 'main' }: HubRepository,
  options: FetchBundleOptions,
  cache: string,
): Plan {
  const isRepo = repo.split('/').length === 2 && isSafePath(repo);
  if (!isRepo || !isSafePath(revision)) {
    throw new ConfigError(
      `${WHERE}: expected a repository "owner/name" and a plain revision, got ${JSON.stringify({ repo, revision })}; fix the name.`,
    );
  }
  const hubs = [DEFAULT_HUB, ...(options.mirrors ?? [])];
  const addresses = hubs.map(
    (hub) => `${checkAddress(hub, Boolean(options.manifestSha256))}${repo}/resolve/${revision}/`,
  );
  return {
    addresses,
    folder: join(cache, repo.replace('/', '--'), revision.replaceAll('/', '--')),
    label: `${repo}@${revision}`,
  };
}

function planUrl(address: string, options: FetchBundleOptions, cache: string): Plan {
  const addresses = [address, ...(options.mirrors ?? [])].map((mirror) =>
    checkAddress(mirror, Boolean(options.manifestSha256)),
  );
  const last = basename(new URL(addresses[0]!).pathname).replace(/[^A-Za-z0-9._-]/g, '-') || 'bundle';
  const id = createHash('sha256').update(addresses[0]!).digest('hex').slice(0, 16);
  return { addresses, folder: join(cache, `url--${last}--${id}`), label: address };
}

function planOf(source: string | HubRepository, options: FetchBundleOptions): Plan {
  const cache = options.cacheFolder ?? userCacheFolder();
  return typeof source === 'string'
    ? planUrl(source, options, cache)
    : planRepository(source, options, cache);
}

/** True where the folder holds a bundle with the right pin and all sizes. Hashes were checked when it was fetched. */
async function isComplete(folder: string, manifestSha256: string | undefined): Promise<boolean> {
  const json = await readFile(join(folder, MANIFEST_FILE)).catch(() => undefined);
  if (!json) return false;
  const sha256 = createHash('sha256').update(json).digest('hex');
  if (manifestSha256 !== undefined && sha256 !== manifestSha256) return false;
  try {
    const sizes = await Promise.all(
      parseManifest(json).files.map(async ({ path, size }) => (await stat(join(folder, path))).size === size),
    );
    return sizes.every(Boolean);
  } catch {
    return false;
  }
}

async function fetchManifest(
  plan: Plan,
  options: FetchBundleOptions,
  download: DownloadOptions,
): Promise<{ json: Uint8Array; manifest: BundleManifest }> {
  const { manifestSha256, maxBytes = 2e10 } = options;
  return tryAddresses(plan.addresses, options, async (address) => {
    const json = await downloadBytes(
      `${address}${MANIFEST_FILE}`,
      MANIFEST_FILE,
      MAX_MANIFEST_BYTES,
      download,
    );
    const sha256 = createHash('sha256').update(json).digest('hex');
    if (manifestSha256 !== undefined && sha256 !== manifestSha256) {
      throw new DownloadError(
        `${WHERE}: expected a manifest with the hash ${manifestSha256}, got ${sha256} from ${address}; check the pin.`,
      );
    }
    const manifest = parseManifest(json);
    const total = manifest.files.reduce((sum, file) => sum + file.size, 0);
    if (total > maxBytes)
      throw new CheckpointError(
        `${WHERE}: expected at most ${maxBytes} bytes, got a bundle of ${total}; raise maxBytes.`,
      );
    return { json, manifest };
  });
}

async function fetchFile(
  plan: Plan,
  folder: string,
  file: BundleFile,
  options: FetchBundleOptions,
  download: DownloadOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  if ((await checkBundleFile(folder, file, { signal: options.signal })) === undefined) return;
  const target = { name: file.path, path: join(folder, file.path), size: file.size, sha256: file.sha256 };
  await tryAddresses(plan.addresses, options, (address) =>
    downloadFile(`${address}${file.path}`, target, download),
  );
}

/** Fills a folder beside the final one and renames it when everything is there. */
async function fetchAll(plan: Plan, options: FetchBundleOptions): Promise<void> {
  const { fetch: get = fetch, signal, onProgress, stallMs = 30_000 } = options;
  const download: DownloadOptions = { where: WHERE, fetch: get, signal, onProgress, stallMs };
  const partial = `${plan.folder}.partial`;
  const foreign = await findForeignFile(plan.folder);
  if (foreign !== undefined)
    throw new ConfigError(
      `${WHERE}: expected nothing but a bundle in ${plan.folder}, got ${foreign}; move it, or give another cacheFolder.`,
    );
  const { json, manifest } = await fetchManifest(plan, options, download);
  await mkdir(partial, { recursive: true });
  for (const file of manifest.files) await fetchFile(plan, partial, file, options, download);
  await writeFileAtomically(join(partial, MANIFEST_FILE), json);
  await rm(plan.folder, { recursive: true, force: true });
  await rename(partial, plan.folder);
  await syncFolder(dirname(plan.folder));
}

/**
 * The folder of a bundle, fetched if it is not there yet. A broken download continues where it stopped; every file is checked
 * against the manifest's length and hash before it is used; two processes do not fetch the same bundle at once.
 *
 * @example
 * ```ts
 * const folder = await fetchBundle({ repo: 'owner/model', revision: 'v1' }, { onProgress: console.log });
 * const bundle = await readBundle(folder);
 * ```
 * @throws {CheckpointError} where no address has the bundle, or what arrives is not it
 * @throws {ConfigError} where an address or name is not valid
 */
export async function fetchBundle(
  source: string | HubRepository,
  options: FetchBundleOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted();
  if (options.offlineFolder !== undefined) {
    await verifyBundle(options.offlineFolder, options);
    return options.offlineFolder;
  }
  const plan = planOf(source, options);
  if (await isComplete(plan.folder, options.manifestSha256)) return plan.folder;
  if (options.offline) {
    throw new CheckpointError(
      `${WHERE}: expected ${plan.label} in ${plan.folder}, got nothing and may not fetch; fetch it once online, or give offlineFolder.`,
    );
  }
  return withLock(
    `${plan.folder}.lock`,
    async () => {
      if (!(await isComplete(plan.folder, options.manifestSha256))) await fetchAll(plan, options);
      return plan.folder;
    },
    { signal: options.signal },
  );
}
