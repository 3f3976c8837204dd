import { crc32 } from '../crc32.js';
import type { RandomAccess } from '../random-access.js';

/** A file for {@link buildZip}; `emptyBytes` instead of bytes stands for that many zeros that take no memory. The rest are lies. */
export interface ZipFile {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly emptyBytes?: number;
  /** Of the central header. */
  readonly flags?: number;
  readonly method?: number;
  readonly unpackedSize?: number;
  readonly checksum?: number;
  /** Moves the place that the directory names. */
  readonly shift?: number;
  /** Name in the local header. */
  readonly localName?: string;
}

interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

class Writer {
  readonly segments: Segment[] = [];
  at = 0;

  /** Fields as [bytes, value] pairs, little-endian. */
  fields(...fields: readonly (readonly [width: 2 | 4 | 8, value: number])[]): void {
    const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const [width, value] of fields) {
      if (width === 8) view.setBigUint64(at, BigInt(value), true);
      else if (width === 4) view.setUint32(at, value, true);
      else view.setUint16(at, value, true);
      at += width;
    }
    this.bytes(bytes);
  }

  bytes(bytes: Uint8Array): void {
    this.segments.push({ offset: this.at, bytes });
    this.at += bytes.length;
  }
}

const WIDE = 0xffffffff;
const encode = (text: string) => new TextEncoder().encode(text);

/** A source over a stored zip with zip64 fields everywhere, as large as its files say, holding only the bytes that are not empty. */
export function buildZip(files: readonly ZipFile[]): RandomAccess & { readonly bytesRead: () => number } {
  const writer = new Writer();
  const central: (() => void)[] = [];
  for (const file of files) {
    const { name, bytes = new Uint8Array(), emptyBytes = 0, flags = 0, method = 0, localName = name } = file;
    const size = bytes.length + emptyBytes;
    const offset = writer.at;
    const title = encode(name);
    const localTitle = encode(localName);
    const checksum = file.checksum ?? crc32(bytes);
    writer.fields([4, 0x04034b50], [2, 45], [2, 0], [2, 0], [4, 0], [4, checksum], [4, WIDE], [4, WIDE], [2, localTitle.length], [2, 20]);
    writer.bytes(localTitle);
    writer.fields([2, 1], [2, 16], [8, size], [8, size]);
    writer.bytes(bytes);
    writer.at += emptyBytes;
    central.push(() => {
      writer.fields([4, 0x02014b50], [2, 45], [2, 45], [2, flags], [2, method], [4, 0], [4, checksum], [4, WIDE], [4, WIDE]);
      writer.fields([2, title.length], [2, 28], [2, 0], [2, 0], [2, 0], [4, 0], [4, WIDE]);
      writer.bytes(title);
      writer.fields([2, 1], [2, 24], [8, file.unpackedSize ?? size], [8, size], [8, offset + (file.shift ?? 0)]);
    });
  }
  const start = writer.at;
  for (const write of central) write();
  const end = writer.at;
  writer.fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, files.length], [8, files.length], [8, end - start], [8, start]);
  writer.fields([4, 0x07064b50], [4, 0], [8, end], [4, 1]);
  writer.fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, WIDE], [4, WIDE], [2, 0]);
  return sparseSource(writer.segments, writer.at);
}

function sparseSource(segments: readonly Segment[], size: number): RandomAccess & { readonly bytesRead: () => number } {
  let total = 0;
  return {
    size,
    bytesRead: () => total,
    read: (offset, length) => {
      total += length;
      const result = new Uint8Array(length);
      for (const segment of segments) {
        const from = Math.max(offset, segment.offset);
        const to = Math.min(offset + length, segment.offset + segment.bytes.length);
        if (from < to) result.set(segment.bytes.subarray(from - segment.offset, to - segment.offset), from - offset);
      }
      return Promise.resolve(result);
    },
  };
}

/** The pickle of `{name: float32 vector of storage "0"}` as torch writes it. */
export function vectorPickle(name: string, length: number): Uint8Array {
  const text = (value: string) => [0x58, value.length, 0, 0, 0, ...encode(value)];
  return Uint8Array.from([
    ...[0x80, 2, 0x7d],
    ...text(name),
    ...encode('ctorch._utils\n_rebuild_tensor_v2\n(('),
    ...text('storage'),
    ...encode('ctorch\nFloatStorage\n'),
    ...text('0'),
    ...text('cpu'),
    ...[0x4b, length, 0x74, 0x51, 0x4b, 0, 0x4b, length, 0x85, 0x4b, 1, 0x85, 0x89],
    ...encode('ccollections\nOrderedDict\n)RtRs.'),
  ]);
}
