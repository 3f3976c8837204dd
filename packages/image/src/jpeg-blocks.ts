import type { HuffmanTable, JpegBitReader } from './jpeg-bits.js';
import type { JpegComponent } from './jpeg-frame.js';
import { damagedJpeg } from './jpeg-markers.js';
import { knownTable, type JpegState, type ScanChannel } from './jpeg-walk.js';

/** A scan of blocks: which coefficients it holds, and from which bit on. */
export interface BlockScan {
  readonly channels: readonly ScanChannel[];
  readonly first: number;
  readonly last: number;
  /** Whether an earlier scan sent higher bits. */
  readonly isRefinement: boolean;
  readonly bit: number;
}

export type ReadBlock = (channel: ScanChannel, block: number) => void;

/** Blocks that hold nothing more in this scan. */
interface EmptyRun {
  blocks: number;
}

/** Where the coefficients of a block are kept. */
interface Kept {
  readonly values: Int16Array;
  readonly base: number;
}

/** Reads the codes of a block; `restart` ends an interval, in which no run may be left open, and forgets the mean greys. */
export function blockReader(
  reader: JpegBitReader,
  scan: BlockScan,
  state: JpegState,
  keepsAll: boolean,
): { read: ReadBlock; restart(): void } {
  const run: EmptyRun = { blocks: 0 };
  const { isProgressive } = state.frame!;
  const readMean = meanReader(reader, scan, state);
  const read: ReadBlock = (channel, block) => {
    const isMean = scan.first === 0;
    const keeps = keepsAll || !isMean;
    const kept = keeps ? { values: keptValues(channel.component, state), base: block * 64 } : undefined;
    if (isMean) {
      const mean = scan.isRefinement ? reader.bit() << scan.bit : readMean.next(channel) << scan.bit;
      if (kept) kept.values[kept.base]! |= mean;
      if (!isProgressive) readCoefficients(reader, knownTable(channel.ac), { ...scan, first: 1 }, kept);
    } else if (scan.isRefinement) refineCoefficients(reader, knownTable(channel.ac), scan, kept!, run);
    else readCoefficients(reader, knownTable(channel.ac), scan, kept, run);
  };
  const restart = () => {
    if (run.blocks > 0) throw damagedJpeg('pixels are missing');
    readMean.restart();
  };
  return { read, restart };
}

/** The mean greys of blocks, each told by its difference to the one before. */
function meanReader(reader: JpegBitReader, scan: BlockScan, { frame, steps }: JpegState) {
  const { bitDepth } = frame!;
  // Of a block's mean grey, in eighths of a level from the middle of the range.
  const highestMean = 2 ** (bitDepth + 2);
  const means = new Map<JpegComponent, number>();
  return {
    next({ component, dc }: ScanChannel): number {
      const size = reader.symbol(knownTable(dc));
      if (size > bitDepth + 3) throw damagedJpeg('its data make no sense');
      const mean = (means.get(component) ?? 0) + reader.signed(size);
      means.set(component, mean);
      const step = (steps.get(component)?.[0] ?? 1) << scan.bit;
      if (Math.abs(mean) * step > highestMean + step) throw damagedJpeg('its greys leave their range');
      return mean;
    },
    restart: () => means.clear(),
  };
}

function keptValues(component: JpegComponent, { frame, coefficients }: JpegState): Int16Array {
  const known = coefficients.get(component);
  if (known) return known;
  const { width, height, components } = frame!;
  const unitsAcross = Math.ceil(width / (8 * Math.max(...components.map(({ across }) => across))));
  const unitsDown = Math.ceil(height / (8 * Math.max(...components.map(({ down }) => down))));
  const values = new Int16Array(unitsAcross * component.across * unitsDown * component.down * 64);
  coefficients.set(component, values);
  return values;
}

/** The first bits of a block's coefficients, as runs of zeros and values; without `run` no block is left out. */
function readCoefficients(
  reader: JpegBitReader,
  table: HuffmanTable,
  { first, last, bit }: BlockScan,
  kept: Kept | undefined,
  run?: EmptyRun,
): void {
  if (run && run.blocks > 0) {
    run.blocks -= 1;
    return;
  }
  for (let k = first; k <= last; k++) {
    const symbol = reader.symbol(table);
    const zeros = symbol >> 4;
    const size = symbol & 15;
    if (size === 0 && zeros < 15) {
      if (run) run.blocks = (1 << zeros) - 1 + reader.bits(zeros);
      else if (zeros > 0) throw damagedJpeg('its data make no sense');
      return;
    }
    k += zeros;
    if (k > last) throw damagedJpeg('its data make no sense');
    const value = reader.signed(size);
    if (kept && size > 0) kept.values[kept.base + k] = value << bit;
  }
}

/** One more bit of a block's coefficients: of those that are not 0, and new ones between them. */
function refineCoefficients(
  reader: JpegBitReader,
  table: HuffmanTable,
  { first, last, bit }: BlockScan,
  { values, base }: Kept,
  run: EmptyRun,
): void {
  const refine = (at: number) => {
    if (reader.bit()) values[at]! += values[at]! > 0 ? 1 << bit : -1 << bit;
  };
  let k = first;
  while (run.blocks === 0 && k <= last) {
    const symbol = reader.symbol(table);
    const isNew = (symbol & 15) > 0;
    let zeros = symbol >> 4;
    const sign = isNew && reader.bit() === 0 ? -1 : 1;
    if (!isNew && zeros < 15) {
      run.blocks = (1 << zeros) + reader.bits(zeros);
      break;
    }
    for (; k <= last; k++) {
      if (values[base + k]) refine(base + k);
      else if (zeros-- === 0) break;
    }
    if (isNew && k > last) throw damagedJpeg('its data make no sense');
    if (isNew) values[base + k] = sign << bit;
    k += 1;
  }
  if (run.blocks === 0) return;
  for (; k <= last; k++) if (values[base + k]) refine(base + k);
  run.blocks -= 1;
}
