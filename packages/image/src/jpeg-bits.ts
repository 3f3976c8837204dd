import { damagedJpeg } from './jpeg-markers.js';

/** A Huffman table as JPEG states it, by code length. */
export interface HuffmanTable {
  /** The highest code of each length, -1 where there is none. */
  readonly last: Int32Array;
  /** What to add to a code of each length for its place in `symbols`. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/** A table from 16 counts and their symbols. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const last = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    offset[length] = place - code;
    if (count > 0) last[length] = code + count - 1;
    code = (code + count) << 1;
    place += count;
  }
  return { last, offset, symbols };
}

/** Reads the bits of entropy-coded data up to the next marker. */
export class JpegBitReader {
  private byte = 0;
  private left = 0;

  constructor(
    private readonly bytes: Uint8Array,
    /** The next byte to read. */
    public at: number,
  ) {}

  bit(): number {
    if (this.left === 0) this.nextByte();
    this.left -= 1;
    return (this.byte >> this.left) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read++) value = (value << 1) | this.bit();
    return value;
  }

  symbol({ last, offset, symbols }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      if (code <= last[length]!) return symbols[code + offset[length]!]!;
    }
    throw damagedJpeg('its data hold a code that no table knows');
  }

  /** A signed difference: a symbol that says how many bits it has, and the bits. */
  difference(table: HuffmanTable): number {
    const size = this.symbol(table);
    if (size > 11) throw damagedJpeg('its data make no sense');
    const value = this.bits(size);
    return size > 0 && value >> (size - 1) === 0 ? value - 2 ** size + 1 : value;
  }

  /** Leaves the rest of a begun byte, and moves to the marker behind it, past a few bytes of padding. */
  toMarker(): void {
    this.left = 0;
    const start = this.at;
    const { bytes } = this;
    let { at } = this;
    while (at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0)) at += 1;
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
    const isPadding =
      at - start <= MOST_PADDING || bytes.subarray(start, at).every((byte) => byte === 0 || byte === 0xff);
    if (!isPadding) throw damagedJpeg('its data go on after the last pixel');
    if (at >= bytes.length) throw damagedJpeg('it ends before its end marker');
    this.at = at;
  }

  private nextByte(): void {
    const { bytes, at } = this;
    if (at >= bytes.length) throw damagedJpeg('it ends before the last pixel');
    this.byte = bytes[at]!;
    this.at = at + 1;
    this.left = 8;
    if (this.byte !== 0xff) return;
    if (bytes[at + 1] !== 0) throw damagedJpeg('pixels are missing');
    this.at = at + 2;
  }
}

/** Bytes without meaning before a marker that some cameras write. */
const MOST_PADDING = 2;
