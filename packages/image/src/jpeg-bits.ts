import { damagedJpeg } from './jpeg-markers.js';

/** A Huffman table as JPEG states it, by code length. */
export interface HuffmanTable {
  /** By the next `SHORT_CODE` bits: length and symbol of the code that they begin with, as `length << 8 | symbol`; 0 where it is longer. */
  readonly short: Uint16Array;
  /** The highest code of each length, -1 where there is none. */
  readonly last: Int32Array;
  /** What to add to a code of each length for its place in `symbols`. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/** Bits of the codes that are looked up at once. */
const SHORT_CODE = 9;

/**
 * A table from 16 counts and their symbols.
 * @throws `ImageError` where there are more codes of a length than bits can tell apart, or fewer symbols than codes
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const short = new Uint16Array(1 << SHORT_CODE);
  const last = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    if (code + count > 1 << length || place + count > symbols.length)
      throw damagedJpeg('a table of its codes makes no sense');
    offset[length] = place - code;
    if (count > 0) last[length] = code + count - 1;
    const free = SHORT_CODE - length;
    for (let at = 0; at < count && free >= 0; at++)
      short.fill((length << 8) | symbols[place + at]!, (code + at) << free, (code + at + 1) << free);
    code = (code + count) << 1;
    place += count;
  }
  return { short, last, offset, symbols };
}

/** Reads the bits of entropy-coded data up to the next marker. */
export class JpegBitReader {
  /** Its lowest `left` bits are those that come next. */
  private buffer = 0;
  private left = 0;

  constructor(
    private readonly bytes: Uint8Array,
    /** The next byte to read. */
    public at: number,
  ) {}

  bit(): number {
    return this.bits(1);
  }

  /** Up to 16 bits as a number. */
  bits(count: number): number {
    if (this.left < count) this.fill();
    this.skip(count);
    return (this.buffer >> this.left) & ((1 << count) - 1);
  }

  symbol(table: HuffmanTable): number {
    if (this.left < 16) this.fill();
    const found = table.short[this.ahead(SHORT_CODE)]!;
    if (found === 0) return this.longSymbol(table);
    this.skip(found >> 8);
    return found & 0xff;
  }

  /** A number of `size` bits and its sign, which the highest bit tells: 1 for positive. */
  signed(size: number): number {
    const value = this.bits(size);
    return size > 0 && value >> (size - 1) === 0 ? value - (1 << size) + 1 : value;
  }

  /** Leaves the rest of a begun byte, and moves to the marker behind it, past a few bytes of padding. */
  toMarker(): void {
    this.giveBack();
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

  private longSymbol({ last, offset, symbols }: HuffmanTable): number {
    for (let length = SHORT_CODE + 1; length <= 16; length++) {
      const code = this.ahead(length);
      if (code > last[length]!) continue;
      this.skip(length);
      return symbols[code + offset[length]!]!;
    }
    this.skip(16);
    throw damagedJpeg('its data hold a code that no table knows');
  }

  /** The next bits, with zeros behind the last. */
  private ahead(count: number): number {
    const { buffer, left } = this;
    const bits = left >= count ? buffer >> (left - count) : buffer << (count - left);
    return bits & ((1 << count) - 1);
  }

  private skip(count: number): void {
    if (count > this.left) this.failMissing();
    this.left -= count;
  }

  private failMissing(): never {
    const isEnd = this.at >= this.bytes.length;
    throw damagedJpeg(isEnd ? 'it ends before the last pixel' : 'pixels are missing');
  }

  /** Takes whole bytes while they fit; none behind a marker. */
  private fill(): void {
    const { bytes } = this;
    while (this.left <= 16 && this.at < bytes.length) {
      const byte = bytes[this.at]!;
      if (byte === 0xff && bytes[this.at + 1] !== 0) return;
      this.at += byte === 0xff ? 2 : 1;
      this.buffer = (this.buffer << 8) | byte;
      this.left += 8;
    }
  }

  /** Steps back over the bytes of which no bit was used. */
  private giveBack(): void {
    for (; this.left >= 8; this.left -= 8) {
      const isStuffed = this.bytes[this.at - 1] === 0 && this.bytes[this.at - 2] === 0xff;
      this.at -= isStuffed ? 2 : 1;
    }
    this.left = 0;
  }
}

/** Bytes without meaning before a marker that some cameras write. */
const MOST_PADDING = 2;
