import type { BundleFile } from '../manifest.js';
import { pieceKey, wholeKey, type PieceRange } from './model-cache.js';

/** The pieces of one file: in the cache, or in memory from when the cache takes no more. */
export interface Pieces {
  readonly count: number;
  /** Bytes of each piece but the last. */
  readonly pieceBytes: number;
  rangeOf(index: number): PieceRange;
  has(index: number): Promise<boolean>;
  /** The bytes of a piece, of which only the length was checked; undefined where there are none. */
  read(index: number): Promise<Uint8Array | undefined>;
  write(index: number, bytes: Uint8Array): Promise<void>;
  /** SHA-256 of each piece, of a file that was right as a whole; undefined where it was not yet. */
  readHashes(): Promise<readonly string[] | undefined>;
  writeHashes(hashes: readonly string[]): Promise<boolean>;
  clear(): Promise<void>;
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** How {@link createPieces} cuts, and who hears once that the cache takes no more. */
export interface PiecesOptions {
  readonly pieceBytes: number;
  readonly onFull: (cause: unknown) => void;
}

/** The pieces of a file. */
export function createPieces(
  cache: Cache,
  address: string,
  file: BundleFile,
  { pieceBytes, onFull }: PiecesOptions,
): Pieces {
  const count = Math.ceil(file.size / pieceBytes);
  const inMemory = new Map<number, Uint8Array>();
  let isFull = false;
  const rangeOf = (index: number): PieceRange => ({
    start: index * pieceBytes,
    end: Math.min(file.size, (index + 1) * pieceBytes),
  });
  const key = (index: number) => pieceKey(address, file, rangeOf(index));
  const read = async (index: number) => {
    const held = inMemory.get(index);
    if (held) return held;
    const kept = await cache.match(key(index)).catch(() => undefined);
    const buffer = await kept?.arrayBuffer().catch(() => undefined);
    const { start, end } = rangeOf(index);
    return buffer?.byteLength === end - start ? new Uint8Array(buffer) : undefined;
  };
  const put = (url: string, body: BodyInit) => cache.put(url, new Response(body));
  /** What was kept so far would fill the disk and be of no use. */
  const moveToMemory = async () => {
    isFull = true;
    for (let index = 0; index < count; index++) {
      const bytes = await read(index);
      if (bytes) inMemory.set(index, bytes);
      await cache.delete(key(index)).catch(() => undefined);
    }
  };
  return {
    count,
    pieceBytes,
    rangeOf,
    has: async (index) =>
      inMemory.has(index) || (await cache.match(key(index)).catch(() => undefined)) !== undefined,
    read,
    async write(index, bytes) {
      if (isFull) return void inMemory.set(index, bytes);
      try {
        await put(key(index), bytes as Uint8Array<ArrayBuffer>);
      } catch (cause) {
        onFull(cause);
        await moveToMemory();
        inMemory.set(index, bytes);
      }
    },
    async readHashes() {
      const kept = await cache.match(wholeKey(address, file)).catch(() => undefined);
      const hashes: unknown = await kept?.json().catch(() => undefined);
      return isTextList(hashes) && hashes.length === count ? hashes : undefined;
    },
    async writeHashes(hashes) {
      if (isFull) return false;
      return put(wholeKey(address, file), JSON.stringify(hashes)).then(
        () => true,
        (cause: unknown) => {
          onFull(cause);
          return false;
        },
      );
    },
    async clear() {
      inMemory.clear();
      await cache.delete(wholeKey(address, file));
      for (let index = 0; index < count; index++) await cache.delete(key(index));
    },
  };
}
