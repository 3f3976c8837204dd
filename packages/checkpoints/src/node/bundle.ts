import { createHash } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '@crrg/core';
import type { HostTensor } from '@crrg/tensor';
import { openBundle, type Bundle, type BundleSource } from '../bundle.js';
import type { TensorEntry } from '../checkpoint.js';
import { encodeElements, storedDType, type FloatStorage } from '../convert.js';
import { storedSize } from '../dtype.js';
import {
  BUNDLE_SCHEMA,
  formatManifest,
  isSafePath,
  MANIFEST_FILE,
  parseManifest,
  type BundleFile,
  type BundleFileRole,
  type BundleManifest,
} from '../manifest.js';
import { checkNumbers } from '../numbers.js';
import { planSafetensors, type TensorLayout } from '../safetensors.js';
import { stageFile, writeFileAtomically, writeFully, type StagedFile } from '@crrg/core/node';
import { knownNumbersOf, openCheckedFiles } from './checked-files.js';
import { openFile, type OpenedFile } from './file.js';
import { hashFile, type BundleProgressOptions } from './hash-file.js';
import { readManifest } from './read-manifest.js';

const MAX_SHARD_BYTES = 1.9e9;

/** A bundle in a folder; files are opened when asked for and read by offset. */
export function folderSource(folder: string): BundleSource {
  const opened: OpenedFile[] = [];
  return {
    open: async (path) => {
      const file = await openFile(join(folder, path));
      opened.push(file);
      return file;
    },
    close: async () => {
      await Promise.all(opened.splice(0).map((file) => file.close()));
    },
  };
}

/** Options of {@link readBundle}. */
export interface ReadBundleOptions extends BundleProgressOptions {
  /**
   * A folder that remembers which large files had the right hash, so that they are hashed again only when they changed.
   * @defaultValue `~/.cache/crrg`
   */
  readonly cacheFolder?: string | undefined;
  /** Hash every file, whatever is remembered. @defaultValue false */
  readonly verify?: boolean | undefined;
}

/** What is wrong with one file of a bundle, or undefined. */
export async function checkBundleFile(
  folder: string,
  file: BundleFile,
  options: BundleProgressOptions = {},
): Promise<string | undefined> {
  const path = join(folder, file.path);
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return `${file.path} is absent`;
  if (stats.size !== file.size) return `${file.path} has ${stats.size} bytes instead of ${file.size}`;
  const sha256 = await hashFile(path, file.path, options);
  return sha256 === file.sha256 ? undefined : `${file.path} has the hash ${sha256} instead of ${file.sha256}`;
}

/**
 * Reads every file of a bundle and checks sizes, hashes and the weight headers.
 * @throws {CheckpointError} that lists every file that is absent or differs
 */
export async function verifyBundle(
  folder: string,
  options: BundleProgressOptions = {},
): Promise<BundleManifest> {
  const manifest = await readManifest(folder);
  await checkFiles(folder, manifest.files, 'verifyBundle', options);
  await (await openBundle(folderSource(folder))).close();
  return manifest;
}

/** Hashes files, as many at once as there are processors. @throws {CheckpointError} that lists every file that is absent or differs */
async function checkFiles(
  folder: string,
  files: readonly BundleFile[],
  where: string,
  options: BundleProgressOptions,
): Promise<void> {
  const found = new Map<BundleFile, string | undefined>();
  const waiting = files.values();
  const checkNext = async () => {
    for (const file of waiting) found.set(file, await checkBundleFile(folder, file, options));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, checkNext));
  const problems = files.flatMap((file) => found.get(file) ?? []);
  if (problems.length > 0) {
    throw new CheckpointError(
      `checkpoints.${where}: expected the files of the manifest in ${folder}, got: ${problems.join('; ')}; remove it, and fetch or import it again.`,
      { details: { problems } },
    );
  }
}

/**
 * Opens the bundle in a folder after its files were checked: sizes and hashes of all, except for large files that had the right hash before
 * and did not change since. Close it after use.
 *
 * @example
 * ```ts
 * const bundle = await readBundle('models/rrg-tiny');
 * const weights = await readTensors(bundle.entries);
 * await bundle.close();
 * ```
 * @throws {CheckpointError} that lists every file that is absent or differs
 */
export async function readBundle(folder: string, options: ReadBundleOptions = {}): Promise<Bundle> {
  const { files } = await readManifest(folder);
  const checked = await openCheckedFiles(folder, 'hashes', options.cacheFolder);
  const isKnown = await Promise.all(files.map((file) => !options.verify && checked.has(file)));
  const unknown = files.filter((_, index) => !isKnown[index]);
  const seen = await Promise.all(unknown.map((file) => checked.look(file)));
  await checkFiles(folder, unknown, 'readBundle', options);
  for (const [index, file] of unknown.entries()) await checked.add(file, seen[index]);
  await checked.save();
  const bundle = await openBundle(folderSource(folder));
  return options.verify
    ? bundle
    : { ...bundle, knownNumbers: await knownNumbersOf(folder, files, options.cacheFolder) };
}

/** What a bundle is made of. */
export interface BundleContent extends Omit<BundleManifest, 'schema' | 'files'> {
  /** Tensors by name: in memory, or entries of another file that are read one at a time. */
  readonly weights: ReadonlyMap<string, HostTensor | TensorEntry>;
  /** Other files by path. @defaultValue none */
  readonly attachments?:
    Readonly<Record<string, { readonly role: BundleFileRole; readonly bytes: Uint8Array }>> | undefined;
}

/** How {@link writeBundle} writes. */
export interface WriteBundleOptions extends BundleProgressOptions {
  /** Width of the floats. @defaultValue 'float32' */
  readonly floats?: FloatStorage | undefined;
  /** Largest weight file; a single tensor may exceed it. @defaultValue 1.9e9 */
  readonly maxShardBytes?: number | undefined;
}

type Tensors = BundleContent['weights'];

function isEntry(tensor: HostTensor | TensorEntry): tensor is TensorEntry {
  return 'readBytes' in tensor;
}

function layoutOf(name: string, tensor: HostTensor | TensorEntry, floats: FloatStorage): TensorLayout {
  const dtype = isEntry(tensor)
    ? tensor.dtype === 'bool'
      ? 'bool'
      : tensor.dtype.includes('float')
        ? 'float32'
        : 'int32'
    : tensor.dtype;
  return { name, shape: tensor.shape, dtype: storedDType(dtype, floats) };
}

/** Splits tensors, in order of name, into files of at most `maxBytes` and of about the same size: they are hashed side by side. */
function planShards(weights: Tensors, floats: FloatStorage, maxBytes: number): TensorLayout[][] {
  const layouts = [...weights.keys()].sort().map((name) => layoutOf(name, weights.get(name)!, floats));
  const total = layouts.reduce((sum, layout) => sum + storedSize(layout), 0);
  const even = total / Math.ceil(total / maxBytes);
  const shards: TensorLayout[][] = [[]];
  let filled = 0;
  for (const layout of layouts) {
    const bytes = storedSize(layout);
    if (filled > 0 && (filled >= even || filled + bytes > maxBytes)) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(layout);
    filled += bytes;
  }
  return shards;
}

function shardName(index: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return count === 1 ? 'weights.safetensors' : `weights-${digits(index + 1)}-of-${digits(count)}.safetensors`;
}

/** A file that waits for its name, and its row of the manifest. */
interface StagedBundleFile {
  readonly staged: StagedFile;
  readonly file: BundleFile;
}

async function stageShard(
  folder: string,
  path: string,
  layouts: readonly TensorLayout[],
  weights: Tensors,
  options: WriteBundleOptions,
): Promise<StagedBundleFile> {
  const { floats = 'float32', signal, onProgress } = options;
  const { header, order, size } = planSafetensors(layouts);
  const hash = createHash('sha256');
  const staged = await stageFile(join(folder, path), async (handle) => {
    let loaded = 0;
    const write = async (bytes: Uint8Array) => {
      signal?.throwIfAborted();
      hash.update(bytes);
      await writeFully(handle, bytes);
      loaded += bytes.byteLength;
      onProgress?.({ type: 'weights-progress', file: path, loaded, total: size });
    };
    await write(header);
    for (const { name } of order) {
      const tensor = weights.get(name)!;
      const values = isEntry(tensor) ? await tensor.read() : tensor;
      checkNumbers([[name, values]], 'checkpoints.writeBundle');
      await write(encodeElements(values, floats));
    }
  });
  return { staged, file: { path, role: 'weights', size, sha256: hash.digest('hex') } };
}

async function stageAttachment(
  folder: string,
  path: string,
  role: BundleFileRole,
  bytes: Uint8Array,
): Promise<StagedBundleFile> {
  if (!isSafePath(path) || path === MANIFEST_FILE) {
    throw new CheckpointError(
      `checkpoints.writeBundle: expected a relative path of letters, digits, ".", "_" and "-", got ${JSON.stringify(path)}; rename it.`,
    );
  }
  const staged = await stageFile(join(folder, path), (handle) => writeFully(handle, bytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { staged, file: { path, role, size: bytes.byteLength, sha256 } };
}

/** Removes the files of an earlier bundle that are in no later one. */
async function removeOldFiles(
  folder: string,
  old: readonly BundleFile[],
  files: readonly BundleFile[],
): Promise<void> {
  const kept = new Set(files.map(({ path }) => path));
  for (const { path } of old) if (!kept.has(path)) await rm(join(folder, path), { force: true });
}

/**
 * Writes a bundle into a folder, one tensor in memory at a time, and gives its manifest. Every file is written under a temporary
 * name and made durable. Only when all are there, they take their names, the manifest last, and files of an earlier bundle go: an
 * interrupted call leaves the earlier bundle, or none that passes for whole.
 *
 * @throws {CheckpointError} where a field of the manifest is not valid
 */
export async function writeBundle(
  folder: string,
  content: BundleContent,
  options: WriteBundleOptions = {},
): Promise<BundleManifest> {
  const { weights, attachments = {}, ...fields } = content;
  const { floats = 'float32', maxShardBytes = MAX_SHARD_BYTES } = options;
  await mkdir(folder, { recursive: true });
  const old = await readManifest(folder).catch(() => undefined);
  const written: StagedBundleFile[] = [];
  try {
    for (const [path, { role, bytes }] of Object.entries(attachments))
      written.push(await stageAttachment(folder, path, role, bytes));
    const shards = planShards(weights, floats, maxShardBytes);
    for (const [index, layouts] of shards.entries())
      written.push(await stageShard(folder, shardName(index, shards.length), layouts, weights, options));
    const files = written.map(({ file }) => file);
    const text = formatManifest({ schema: BUNDLE_SCHEMA, ...fields, files });
    const manifest = parseManifest(text);
    options.signal?.throwIfAborted();
    for (const { staged } of written) await staged.commit();
    await writeFileAtomically(join(folder, MANIFEST_FILE), text);
    await removeOldFiles(folder, old?.files ?? [], files);
    return manifest;
  } finally {
    for (const { staged } of written) await staged.discard();
  }
}
