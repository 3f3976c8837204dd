import { huffmanTable, JpegBitReader, type HuffmanTable } from './jpeg-bits.js';
import { readJpegFrame, type JpegComponent, type JpegFrame } from './jpeg-frame.js';
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

/** What the segments before a scan have set. */
interface JpegState {
  frame?: JpegFrame | undefined;
  restartInterval: number;
  readonly tables: Map<number, HuffmanTable>;
  /** By number of the quantisation table: the step of the mean grey of a block. */
  readonly steps: Map<number, number>;
  /** By channel: for each of the 64 coefficients the lowest bit that was sent. */
  readonly sent: Map<JpegComponent, Uint8Array>;
  /** By channel: which coefficients of which block are not 0 so far; progressive files only. */
  readonly nonZero: Map<JpegComponent, Uint8Array>;
}

/** In `sent`: no bit yet. */
const UNSENT = 99;

interface ScanChannel {
  readonly component: JpegComponent;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

interface Scan {
  readonly channels: readonly ScanChannel[];
  readonly first: number;
  readonly last: number;
  /** Whether an earlier scan sent higher bits. */
  readonly isRefinement: boolean;
  readonly bit: number;
}

/**
 * Checks that a JPEG file holds every pixel that its header states, by walking through its codes without making pixels. Decoders
 * fill what is missing with grey and say nothing. A changed bit that leaves the codes whole is not seen; what follows the end marker is
 * of no interest.
 *
 * Source: ITU-T T.81, annexes F and G.
 * @throws `ImageError` where the data end early, go on too long, or make no sense
 */
export function assertWholeJpeg(bytes: Uint8Array): void {
  const state: JpegState = {
    restartInterval: 0,
    tables: new Map(),
    steps: new Map(),
    sent: new Map(),
    nonZero: new Map(),
  };
  for (let at = 2; ;) {
    const segment = readSegment(bytes, at);
    if (!segment) throw damagedJpeg('it ends before its end marker');
    if (segment.marker === EOI) return assertAllSent(state);
    at = segment.end;
    if (segment.marker === DHT) readTables(bytes, segment, state);
    else if (segment.marker === DQT) readSteps(bytes, segment, state);
    else if (segment.marker === DRI)
      state.restartInterval = (bytes[segment.start]! << 8) | bytes[segment.start + 1]!;
    else if (segment.marker === SOS) at = walkScan(bytes, segment, state);
    else if (isFrame(segment.marker)) readFrame(bytes, segment, state);
  }
}

function readFrame(bytes: Uint8Array, segment: JpegSegment, state: JpegState): void {
  if (state.frame) throw damagedJpeg('it holds a second frame');
  state.frame = readJpegFrame(bytes, segment);
  for (const component of state.frame.components) state.sent.set(component, new Uint8Array(64).fill(UNSENT));
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

function readSteps(bytes: Uint8Array, { start, end }: JpegSegment, { steps }: JpegState): void {
  for (let at = start; at + 65 <= end;) {
    const isWide = bytes[at]! >> 4 > 0;
    steps.set(bytes[at]! & 15, isWide ? (bytes[at + 1]! << 8) | bytes[at + 2]! : bytes[at + 1]!);
    at += isWide ? 129 : 65;
  }
}

function assertAllSent({ frame, sent }: JpegState): void {
  if (!frame) throw damagedJpeg('it ends before its frame header');
  const isMissing = [...sent.values()].some((bits) => bits.some((bit) => bit !== 0));
  if (isMissing) throw damagedJpeg('some of its scans are missing');
}

function readScan(bytes: Uint8Array, { start, end }: JpegSegment, { frame, tables, sent }: JpegState): Scan {
  if (!frame) throw damagedJpeg('a scan comes before its frame header');
  const count = bytes[start]!;
  if (end - start < 4 + 2 * count || count < 1) throw damagedJpeg('a scan header is cut off');
  const channels = Array.from({ length: count }, (_, at) => {
    const component = frame.components.find(({ id }) => id === bytes[start + 1 + 2 * at]);
    if (!component) throw damagedJpeg('a scan names a channel that it does not have');
    const selectors = bytes[start + 2 + 2 * at]!;
    return { component, dc: tables.get(selectors >> 4), ac: tables.get(0x10 | (selectors & 15)) };
  });
  const [first, last, approximation] = frame.isProgressive
    ? [bytes[start + 1 + 2 * count]!, bytes[start + 2 + 2 * count]!, bytes[start + 3 + 2 * count]!]
    : [0, 63, 0];
  const isSensible =
    last < 64 && first <= last && (first === 0 ? last === 0 || !frame.isProgressive : count === 1);
  if (!isSensible) throw damagedJpeg('a scan header makes no sense');
  for (const { component } of channels) {
    const bits = sent.get(component)!;
    const before = approximation >> 4 || UNSENT;
    if (bits.subarray(first, last + 1).some((bit) => bit !== before))
      throw damagedJpeg('some of its scans are missing');
    bits.fill(approximation & 15, first, last + 1);
  }
  return { channels, first, last, isRefinement: approximation >> 4 > 0, bit: approximation & 15 };
}

/** Walks through one scan and gives the place of the marker behind it. */
function walkScan(bytes: Uint8Array, segment: JpegSegment, state: JpegState): number {
  const scan = readScan(bytes, segment, state);
  const reader = new JpegBitReader(bytes, segment.end);
  const readBlock = blockReader(reader, scan, state);
  const units = scanUnits(scan, state.frame!);
  units.forEachUnit((index, blocks) => {
    if (state.restartInterval > 0 && index > 0 && index % state.restartInterval === 0) {
      readBlock.restart();
      passRestart(bytes, reader, (index / state.restartInterval - 1) & 7);
    }
    blocks(readBlock.read);
  });
  readBlock.restart();
  reader.toMarker();
  return reader.at;
}

function passRestart(bytes: Uint8Array, reader: JpegBitReader, number: number): void {
  reader.toMarker();
  if (bytes[reader.at + 1] !== 0xd0 + number) throw damagedJpeg('a restart marker is missing');
  reader.at += 2;
}

/** Of a block's mean grey, in eighths of a level from the middle of the range. */
const HIGHEST_MEAN = 1024;

type ReadBlock = (channel: ScanChannel, block: number) => void;

/** The order of the blocks of a scan: interleaved units of all channels, or the blocks of one channel. */
function scanUnits(scan: Scan, { width, height, components }: JpegFrame) {
  const most = (side: 'across' | 'down') => Math.max(...components.map((component) => component[side]));
  const unitsAcross = Math.ceil(width / (8 * most('across')));
  const unitsDown = Math.ceil(height / (8 * most('down')));
  const [only] = scan.channels;
  const isSingle = scan.channels.length === 1;
  const single = only!.component;
  const across = isSingle ? single.blocksAcross : unitsAcross;
  const down = isSingle ? single.blocksDown : unitsDown;
  const blocksOf = (unitX: number, unitY: number, read: ReadBlock) => {
    for (const channel of scan.channels) {
      const { across: h, down: v } = channel.component;
      for (let y = 0; y < v; y++)
        for (let x = 0; x < h; x++) read(channel, (unitY * v + y) * unitsAcross * h + unitX * h + x);
    }
  };
  return {
    forEachUnit(visit: (index: number, blocks: (read: ReadBlock) => void) => void): void {
      for (let y = 0, index = 0; y < down; y++)
        for (let x = 0; x < across; x++, index++)
          visit(index, (read) =>
            isSingle ? read(only!, y * unitsAcross * single.across + x) : blocksOf(x, y, read),
          );
    },
  };
}

/** Reads the codes of a block; `restart` ends an interval, in which no run may be left open, and forgets the mean greys. */
function blockReader(
  reader: JpegBitReader,
  scan: Scan,
  state: JpegState,
): { read: ReadBlock; restart(): void } {
  const run = { blocks: 0 };
  const { isProgressive } = state.frame!;
  const known = (table: HuffmanTable | undefined) => {
    if (!table) throw damagedJpeg('a table of its codes is missing');
    return table;
  };
  const means = new Map<JpegComponent, number>();
  const readDc = ({ component, dc }: ScanChannel) => {
    const mean = (means.get(component) ?? 0) + reader.difference(known(dc));
    means.set(component, mean);
    const step = (state.steps.get(component.quantiser) ?? 1) << scan.bit;
    if (Math.abs(mean) * step > HIGHEST_MEAN + step) throw damagedJpeg('its greys leave their range');
  };
  const read: ReadBlock = (channel, block) => {
    if (scan.first === 0) {
      if (scan.isRefinement) reader.bit();
      else readDc(channel);
      if (isProgressive) return;
      readCoefficients(reader, known(channel.ac), { ...scan, first: 1 }, undefined, 0, run);
      return;
    }
    const flags = nonZeroFlags(channel.component, state);
    const walk = scan.isRefinement ? refineCoefficients : readCoefficients;
    walk(reader, known(channel.ac), scan, flags, block * 64, run);
  };
  const restart = () => {
    if (run.blocks > 0) throw damagedJpeg('pixels are missing');
    means.clear();
  };
  return { read, restart };
}

function nonZeroFlags(component: JpegComponent, { frame, nonZero }: JpegState): Uint8Array {
  const known = nonZero.get(component);
  if (known) return known;
  const { width, height, components } = frame!;
  const unitsAcross = Math.ceil(width / (8 * Math.max(...components.map(({ across }) => across))));
  const unitsDown = Math.ceil(height / (8 * Math.max(...components.map(({ down }) => down))));
  const flags = new Uint8Array(unitsAcross * component.across * unitsDown * component.down * 64);
  nonZero.set(component, flags);
  return flags;
}

/** The first bits of a block's coefficients, as runs of zeros and values. */
function readCoefficients(
  reader: JpegBitReader,
  table: HuffmanTable,
  { first, last }: Scan,
  flags: Uint8Array | undefined,
  base: number,
  run: { blocks: number },
): void {
  if (run.blocks > 0) {
    run.blocks -= 1;
    return;
  }
  for (let k = first; k <= last; k++) {
    const symbol = reader.symbol(table);
    const zeros = symbol >> 4;
    const size = symbol & 15;
    if (size === 0 && zeros < 15) {
      if (zeros > 0 && !flags) throw damagedJpeg('its data make no sense');
      run.blocks = (1 << zeros) - 1 + reader.bits(zeros);
      return;
    }
    k += zeros;
    if (k > last) throw damagedJpeg('its data make no sense');
    reader.bits(size);
    if (flags && size > 0) flags[base + k] = 1;
  }
}

/** One more bit of a block's coefficients: of those that are not 0, and new ones between them. */
function refineCoefficients(
  reader: JpegBitReader,
  table: HuffmanTable,
  { first, last }: Scan,
  flags: Uint8Array | undefined,
  base: number,
  run: { blocks: number },
): void {
  const known = flags!;
  let k = first;
  while (run.blocks === 0 && k <= last) {
    const symbol = reader.symbol(table);
    const isNew = (symbol & 15) > 0;
    let zeros = symbol >> 4;
    if (isNew) reader.bit();
    else if (zeros < 15) {
      run.blocks = (1 << zeros) + reader.bits(zeros);
      break;
    }
    for (; k <= last; k++) {
      if (known[base + k]) reader.bit();
      else if (zeros-- === 0) break;
    }
    if (isNew && k > last) throw damagedJpeg('its data make no sense');
    if (isNew) known[base + k] = 1;
    k += 1;
  }
  if (run.blocks === 0) return;
  for (; k <= last; k++) if (known[base + k]) reader.bit();
  run.blocks -= 1;
}
