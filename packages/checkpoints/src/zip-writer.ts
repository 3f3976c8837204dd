import { CheckpointError } from '@crrg/core';
import { crc32 } from './crc32.js';

/** Takes the bytes of a file in order. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;

/** A stored entry of a zip, as its directory tells of it. */
export interface WrittenEntry {
  readonly name: string;
  readonly size: number;
  readonly crc32: number;
  readonly headerOffset: number;
}

const IN_ZIP64 = 0xffffffff;
const MAX_ENTRIES = 0xffff;
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** The checksum follows the data; names are UTF-8. */
const FLAGS = 0x0808;
/** 1 January 1980: the same content gives the same bytes. */
const DATE = 0x21;
const LOCAL_SIZE = 30;
const ALIGNMENT = 64;
/** The extra field with which torch fills up to the alignment. */
const PADDING_FIELD = 0x4246;
const PADDING = 0x5a;

/** Little-endian fields as [bytes, value] pairs. */
function fields(...pairs: readonly (readonly [width: 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(pairs.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of pairs) {
    if (width === 8) view.setBigUint64(at, BigInt(value), true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += width;
  }
  return bytes;
}

/** Pieces one after the other. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A local header whose extra field ends where the data are aligned. */
function localHeader(name: Uint8Array, offset: number): Uint8Array {
  const start = offset + LOCAL_SIZE + name.length + 4;
  const padding = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
  return joinBytes([
    fields([4, 0x04034b50], [2, VERSION], [2, FLAGS], [2, 0], [2, 0], [2, DATE], [4, 0], [4, 0], [4, 0]),
    fields([2, name.length], [2, 4 + padding]),
    name,
    fields([2, PADDING_FIELD], [2, padding]),
    new Uint8Array(padding).fill(PADDING),
  ]);
}

function centralHeader({ name, size, crc32: checksum, headerOffset }: WrittenEntry): Uint8Array {
  const title = new TextEncoder().encode(name);
  const isFar = headerOffset >= IN_ZIP64;
  const version = isFar ? VERSION_ZIP64 : VERSION;
  return joinBytes([
    fields([4, 0x02014b50], [2, version], [2, version], [2, FLAGS], [2, 0], [2, 0], [2, DATE], [4, checksum]),
    fields([4, size], [4, size], [2, title.length], [2, isFar ? 12 : 0], [2, 0], [2, 0], [2, 0], [4, 0]),
    fields([4, isFar ? IN_ZIP64 : headerOffset]),
    title,
    ...(isFar ? [fields([2, 1], [2, 8], [8, headerOffset])] : []),
  ]);
}

/** The directory and the end of a zip whose entries lie before `offset`; in zip64 where it must be. */
export function zipDirectory(entries: readonly WrittenEntry[], offset: number): Uint8Array {
  const headers = joinBytes(entries.map(centralHeader));
  const end = offset + headers.length;
  const isLarge = end >= IN_ZIP64 || entries.length >= MAX_ENTRIES;
  const zip64 = isLarge
    ? [
        fields([4, 0x06064b50], [8, 44], [2, VERSION_ZIP64], [2, VERSION_ZIP64], [4, 0], [4, 0]),
        fields([8, entries.length], [8, entries.length], [8, headers.length], [8, offset]),
        fields([4, 0x07064b50], [4, 0], [8, end], [4, 1]),
      ]
    : [];
  const count = Math.min(entries.length, MAX_ENTRIES);
  const size = Math.min(headers.length, IN_ZIP64);
  const last = fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size]);
  return joinBytes([headers, ...zip64, last, fields([4, Math.min(offset, IN_ZIP64)], [2, 0])]);
}

/**
 * Writes a zip of stored entries as `torch.save` lays it out: in order, never going back, the data of every entry aligned to 64 bytes.
 * @internal
 */
export class ZipWriter {
  private at = 0;
  private readonly entries: WrittenEntry[] = [];

  constructor(private readonly sink: WriteBytes) {}

  /** @throws {CheckpointError} for an entry of 4 GiB or more */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    const size = bytes.length;
    if (size >= IN_ZIP64)
      throw new CheckpointError(
        `checkpoints.zip: expected an entry below ${IN_ZIP64} bytes, got ${size} in ${name}; split the tensor.`,
      );
    const headerOffset = this.at;
    const checksum = crc32(bytes);
    await this.write(localHeader(new TextEncoder().encode(name), headerOffset));
    await this.write(bytes);
    await this.write(fields([4, 0x08074b50], [4, checksum], [4, size], [4, size]));
    this.entries.push({ name, size, crc32: checksum, headerOffset });
  }

  end(): Promise<void> {
    return this.write(zipDirectory(this.entries, this.at));
  }

  private async write(bytes: Uint8Array): Promise<void> {
    await this.sink(bytes);
    this.at += bytes.length;
  }
}
