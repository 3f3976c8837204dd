import type { Checkpoint } from './checkpoint.js';
import { readPickle, type PickleResult } from './pickle.js';
import { PickleTruncatedError } from './pickle-machine.js';
import type { PickleValue } from './pickle-values.js';
import { readExactly, type RandomAccess } from './random-access.js';
import { refuseTorch, torchHooks, type TorchStorage } from './torch-tensors.js';
import { toCheckpoint } from './torch-tree.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const FIRST_HEAD = 2 ** 20;
const MAX_HEAD = 2 ** 26;

interface Head {
  readonly result: PickleResult;
  readonly keys: readonly string[];
  readonly storages: ReadonlyMap<string, TorchStorage>;
  readonly dataStart: number;
}

function parseHead(bytes: Uint8Array, fileSize: number): Head {
  const magic = readPickle(bytes);
  if (magic.value !== MAGIC) throw refuseTorch('expected the magic number of a torch file');
  const protocol = readPickle(bytes, magic.end);
  if (protocol.value !== PROTOCOL) throw refuseTorch(`expected torch protocol ${PROTOCOL}, got another one`);
  const system = readPickle(bytes, protocol.end);
  if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
    throw refuseTorch('expected little-endian data, got a file of another kind of machine');
  }
  const hooks = torchHooks(fileSize);
  const result = readPickle(bytes, system.end, hooks);
  const keys = readPickle(bytes, result.end);
  return { result, keys: asKeys(keys.value, hooks.storages), storages: hooks.storages, dataStart: keys.end };
}

function asKeys(value: PickleValue, storages: ReadonlyMap<string, TorchStorage>): string[] {
  if (!Array.isArray(value) || !value.every((key) => typeof key === 'string'))
    throw refuseTorch('expected a list of storage keys');
  const keys = new Set(value);
  if (keys.size !== value.length) throw refuseTorch('expected distinct storage keys');
  const missing = [...storages.keys()].find((key) => !keys.has(key));
  if (missing !== undefined) throw refuseTorch(`expected storage "${missing}" in the list of keys`);
  return value;
}

/** Reads more of the file until its pickles are complete; their length is not written anywhere. */
async function readHead(source: RandomAccess): Promise<Head> {
  const limit = Math.min(source.size, MAX_HEAD);
  for (let length = Math.min(FIRST_HEAD, limit); ; length = Math.min(4 * length, limit)) {
    try {
      return parseHead(await readExactly(source, 0, length, 'checkpoints.torch'), source.size);
    } catch (error) {
      if (!(error instanceof PickleTruncatedError) || length === limit) throw error;
    }
  }
}

/** Walks over the blocks behind the pickles: an element count each, then the elements. */
async function locateStorages(
  source: RandomAccess,
  { keys, storages, dataStart }: Head,
): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  let at = dataStart;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw refuseTorch(`expected only storages that tensors use, got "${key}"`);
    const prefix = await readExactly(source, at, 8, `checkpoints.torch: storage "${key}"`);
    const count = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigInt64(0, true);
    if (count !== BigInt(storage.count))
      throw refuseTorch(`expected ${storage.count} elements in storage "${key}", got ${count}`);
    places.set(key, at + 8);
    at += 8 + storage.byteLength;
    if (at > source.size)
      throw refuseTorch(`expected storage "${key}" inside the file, got an end at ${at} of ${source.size}`);
  }
  return places;
}

/**
 * Opens a file that torch < 1.6 saved (or a later one in the old format). The pickles are read now, tensors when asked for.
 * @throws {CheckpointError}
 */
export async function openTorchLegacy(source: RandomAccess): Promise<Checkpoint> {
  const head = await readHead(source);
  const places = await locateStorages(source, head);
  return toCheckpoint('torch-legacy', head.result.value, head.result.steps, (storage, offset, length) =>
    readExactly(
      source,
      places.get(storage.key)! + offset,
      length,
      `checkpoints.torch: storage "${storage.key}"`,
    ),
  );
}
