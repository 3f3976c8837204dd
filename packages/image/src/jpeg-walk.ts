import { huffmanTable, type HuffmanTable, type JpegBitReader } from './jpeg-bits.js';
import { readJpegFrame, type JpegComponent, type JpegFrame, type StatedFrame } from './jpeg-frame.js';
import {
  damagedJpeg,
  DHT,
  DQT,
  DRI,
  EOI,
  isFrame,
  readSegment,
  SOS,
  type JpegSegment,
} from './jpeg-markers.js';

/** What the segments so far have set. */
export interface JpegState {
  frame?: JpegFrame | undefined;
  /** Units between restart markers; 0 for none. */
  restartInterval: number;
  readonly tables: Map<number, HuffmanTable>;
  /** By number of the quantisation table: the steps of the 64 coefficients, in the order in which they are sent. */
  readonly quantisers: Map<number, Uint16Array>;
  /** By channel: its quantisation table as it was at its first scan. */
  readonly steps: Map<JpegComponent, Uint16Array>;
  /** By channel: for each of the 64 coefficients the lowest bit that was sent. */
  readonly sent: Map<JpegComponent, Uint8Array>;
  /** By channel: the coefficients so far, 64 a block in the order in which they are sent; only where they are needed. */
  readonly coefficients: Map<JpegComponent, Int16Array>;
}

/** In `sent`: no bit yet. */
export const UNSENT = 99;

/** Reads the data of a scan, and gives the place of the marker behind them. */
export type WalkScan = (segment: JpegSegment, state: JpegState) => number;

/**
 * Walks through the segments of a JPEG file.
 * @returns what they have set, and the place behind the end marker
 * @throws `ImageError` where one is damaged, the end marker is missing, or the frame is of a kind that `assertSupported` refuses
 */
export function walkJpeg(
  bytes: Uint8Array,
  walkScan: WalkScan,
  assertSupported?: (stated: StatedFrame) => void,
): { readonly state: JpegState; readonly end: number } {
  const state: JpegState = {
    restartInterval: 0,
    tables: new Map(),
    quantisers: new Map(),
    steps: new Map(),
    sent: new Map(),
    coefficients: new Map(),
  };
  for (let at = 2; ;) {
    const segment = readSegment(bytes, at);
    if (!segment) throw damagedJpeg('it ends before its end marker');
    const { marker, start, end } = segment;
    if (marker === EOI) return { state, end };
    at = end;
    if (marker === DHT) readTables(bytes, segment, state);
    else if (marker === DQT) readQuantisers(bytes, segment, state);
    else if (marker === DRI) state.restartInterval = (bytes[start]! << 8) | bytes[start + 1]!;
    else if (marker === SOS) at = walkScan(segment, state);
    else if (isFrame(marker)) {
      if (state.frame) throw damagedJpeg('it holds a second frame');
      state.frame = readJpegFrame(bytes, segment, assertSupported);
      for (const component of state.frame.components)
        state.sent.set(component, new Uint8Array(64).fill(UNSENT));
    }
  }
}

function readTables(bytes: Uint8Array, { start, end }: JpegSegment, state: JpegState): void {
  for (let at = start; at + 17 <= end;) {
    const counts = bytes.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    state.tables.set(
      bytes[at]!,
      huffmanTable(counts, bytes.subarray(at + 17, Math.min(end, at + 17 + total))),
    );
    at += 17 + total;
  }
}

function readQuantisers(bytes: Uint8Array, { start, end }: JpegSegment, { quantisers }: JpegState): void {
  for (let at = start; at + 65 <= end;) {
    const first = at + 1;
    const isWide = bytes[at]! >> 4 > 0;
    const step = isWide
      ? (k: number) => (bytes[first + 2 * k]! << 8) | bytes[first + 2 * k + 1]!
      : (k: number) => bytes[first + k]!;
    quantisers.set(
      bytes[at]! & 15,
      Uint16Array.from({ length: 64 }, (_, k) => step(k)),
    );
    at += isWide ? 129 : 65;
  }
}

/** A channel of a scan with the tables of its codes. */
export interface ScanChannel {
  readonly component: JpegComponent;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

/** What a scan header states; what `first`, `last` and `approximation` mean depends on the kind of frame. */
export interface ScanHeader {
  readonly channels: readonly ScanChannel[];
  readonly first: number;
  readonly last: number;
  readonly approximation: { readonly high: number; readonly low: number };
}

/** @throws `ImageError` where the header is cut off, comes before the frame header, or names a channel that the frame does not have */
export function readScanHeader(
  bytes: Uint8Array,
  { start, end }: JpegSegment,
  { frame, tables }: JpegState,
): ScanHeader {
  if (!frame) throw damagedJpeg('a scan comes before its frame header');
  const count = bytes[start]!;
  if (end - start < 4 + 2 * count || count < 1) throw damagedJpeg('a scan header is cut off');
  const channels = Array.from({ length: count }, (_, at) => {
    const component = frame.components.find(({ id }) => id === bytes[start + 1 + 2 * at]);
    if (!component) throw damagedJpeg('a scan names a channel that it does not have');
    const selectors = bytes[start + 2 + 2 * at]!;
    return { component, dc: tables.get(selectors >> 4), ac: tables.get(0x10 | (selectors & 15)) };
  });
  const [first, last, approximation] = bytes.subarray(start + 1 + 2 * count) as unknown as Three;
  return { channels, first, last, approximation: { high: approximation >> 4, low: approximation & 15 } };
}

type Three = [number, number, number];

/** @throws `ImageError` where the file has not defined the table */
export function knownTable(table: HuffmanTable | undefined): HuffmanTable {
  if (!table) throw damagedJpeg('a table of its codes is missing');
  return table;
}

/**
 * Moves past the restart marker before the interval `index`, counted from 0.
 * @throws `ImageError` where another marker comes
 */
export function passRestart(bytes: Uint8Array, reader: JpegBitReader, index: number): void {
  reader.toMarker();
  if (bytes[reader.at + 1] !== 0xd0 + ((index - 1) & 7)) throw damagedJpeg('a restart marker is missing');
  reader.at += 2;
}
