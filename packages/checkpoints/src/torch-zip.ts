import type { Checkpoint } from './checkpoint.js';
import { crc32 } from './crc32.js';
import { refuseForeignArchive } from './foreign-files.js';
import { readPickle } from './pickle.js';
import { readExactly, type RandomAccess } from './random-access.js';
import { refuseTorch, torchHooks, type ReadStorage, type TorchStorage } from './torch-tensors.js';
import { toCheckpoint } from './torch-tree.js';
import { locateZipEntry, readZipDirectory, refuseChecksum, type ZipEntry } from './zip.js';

const MAX_PICKLE_BYTES = 2 ** 26;
const CHUNK = 2 ** 23;

async function readEntry(source: RandomAccess, entry: ZipEntry): Promise<Uint8Array> {
  const bytes = await readExactly(
    source,
    await locateZipEntry(source, entry),
    entry.size,
    `checkpoints.zip: ${entry.name}`,
  );
  if (crc32(bytes) !== entry.crc32) throw refuseChecksum(entry.name);
  return bytes;
}

/** Folder inside the archive; the saver's file name, whatever the file is called now. */
function findStem(directory: ReadonlyMap<string, ZipEntry>): string {
  const pickles = [...directory.keys()].filter((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (pickles.length !== 1) throw refuseTorch(`expected one data.pkl in the archive, got ${pickles.length}`);
  return pickles[0]!.slice(0, -'data.pkl'.length);
}

/**
 * Reads ranges of storages. The checksum of a storage is checked once, at its first use: on the bytes themselves where all
 * of it is read, else in a pass over it in chunks.
 */
function storageReader(
  source: RandomAccess,
  directory: ReadonlyMap<string, ZipEntry>,
  stem: string,
): ReadStorage {
  const places = new Map<string, Promise<number>>();
  const checked = new Set<string>();
  return async (storage, offset, length) => {
    const entry = directory.get(`${stem}data/${storage.key}`)!;
    const place = places.get(entry.name) ?? locateZipEntry(source, entry);
    places.set(entry.name, place);
    const start = await place;
    const bytes = await readExactly(source, start + offset, length, `checkpoints.zip: ${entry.name}`);
    if (!checked.has(entry.name)) {
      const checksum = length === entry.size ? crc32(bytes) : await checksumOf(source, start, entry.size);
      if (checksum !== entry.crc32) throw refuseChecksum(entry.name);
      checked.add(entry.name);
    }
    return bytes;
  };
}

async function checksumOf(source: RandomAccess, start: number, size: number): Promise<number> {
  let checksum = 0;
  for (let at = 0; at < size; at += CHUNK) {
    checksum = crc32(
      await readExactly(source, start + at, Math.min(CHUNK, size - at), 'checkpoints.zip'),
      checksum,
    );
  }
  return checksum;
}

function checkStorages(
  storages: Iterable<TorchStorage>,
  directory: ReadonlyMap<string, ZipEntry>,
  stem: string,
): void {
  for (const storage of storages) {
    const entry = directory.get(`${stem}data/${storage.key}`);
    if (!entry) throw refuseTorch(`expected an entry for storage "${storage.key}", got none`);
    if (storage.byteLength !== entry.size) {
      throw refuseTorch(
        `expected ${storage.byteLength} bytes in storage "${storage.key}", got ${entry.size}`,
      );
    }
  }
}

/**
 * Opens a file that torch >= 1.6 saved. The pickle is read now, tensors by offset when asked for.
 * @throws {CheckpointError}
 */
export async function openTorchZip(source: RandomAccess): Promise<Checkpoint> {
  const directory = await readZipDirectory(source);
  refuseForeignArchive([...directory.keys()]);
  const stem = findStem(directory);
  const byteOrder = directory.get(`${stem}byteorder`);
  if (
    byteOrder &&
    byteOrder.size < 64 &&
    new TextDecoder().decode(await readEntry(source, byteOrder)).trim() !== 'little'
  ) {
    throw refuseTorch('expected little-endian data, got a file of a big-endian machine');
  }
  const pickle = directory.get(`${stem}data.pkl`)!;
  if (pickle.size > MAX_PICKLE_BYTES)
    throw refuseTorch(`expected a data.pkl of at most ${MAX_PICKLE_BYTES} bytes, got ${pickle.size}`);
  const hooks = torchHooks(source.size);
  const { value, steps } = readPickle(await readEntry(source, pickle), 0, hooks);
  checkStorages(hooks.storages.values(), directory, stem);
  return toCheckpoint('torch-zip', value, steps, storageReader(source, directory, stem));
}
