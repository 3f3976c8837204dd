import { JpegBitReader } from './jpeg-bits.js';
import { blockReader, type BlockScan, type ReadBlock } from './jpeg-blocks.js';
import type { JpegFrame } from './jpeg-frame.js';
import { damagedJpeg, type JpegSegment } from './jpeg-markers.js';
import { passRestart, readScanHeader, UNSENT, walkJpeg, type JpegState } from './jpeg-walk.js';

/**
 * Checks that a JPEG file holds every pixel that its header states, by walking through its codes without making pixels. Decoders
 * fill what is missing with grey and say nothing. A changed bit that leaves the codes whole is not seen; what follows the end marker is
 * of no interest.
 *
 * Source: ITU-T T.81, annexes F and G.
 * @throws `ImageError` where the data end early, go on too long, or make no sense
 */
export function assertWholeJpeg(bytes: Uint8Array): void {
  const { state } = walkJpeg(bytes, (segment, known) => walkBlocks(bytes, segment, known));
  assertAllSent(state);
}

/** @throws `ImageError` where a bit of a coefficient has not come */
export function assertAllSent({ frame, sent }: JpegState): void {
  if (!frame) throw damagedJpeg('it ends before its frame header');
  const isMissing = [...sent.values()].some((bits) => bits.some((bit) => bit !== 0));
  if (isMissing) throw damagedJpeg('some of its scans are missing');
}

/**
 * Walks through one scan of blocks and gives the place of the marker behind it.
 * @param keepsAll - whether `state.coefficients` shall hold all of them, also those that no later scan needs
 */
export function walkBlocks(
  bytes: Uint8Array,
  segment: JpegSegment,
  state: JpegState,
  keepsAll = false,
): number {
  const scan = readBlockScan(bytes, segment, state);
  const reader = new JpegBitReader(bytes, segment.end);
  const readBlock = blockReader(reader, scan, state, keepsAll);
  scanUnits(scan, state.frame!).forEachUnit((index, blocks) => {
    if (state.restartInterval > 0 && index > 0 && index % state.restartInterval === 0) {
      readBlock.restart();
      passRestart(bytes, reader, index / state.restartInterval);
    }
    blocks(readBlock.read);
  });
  readBlock.restart();
  reader.toMarker();
  return reader.at;
}

/** The highest bit at which a progressive file may begin. */
const HIGHEST_FIRST_BIT = 13;

function readBlockScan(bytes: Uint8Array, segment: JpegSegment, state: JpegState): BlockScan {
  const { channels, ...stated } = readScanHeader(bytes, segment, state);
  const { isProgressive } = state.frame!;
  const { first, last, approximation } = isProgressive
    ? stated
    : { first: 0, last: 63, approximation: { high: 0, low: 0 } };
  const { high, low } = approximation;
  const isSensible =
    last < 64 && first <= last && (first === 0 ? last === 0 || !isProgressive : channels.length === 1);
  if (!isSensible || low > HIGHEST_FIRST_BIT || (high > 0 && low !== high - 1))
    throw damagedJpeg('a scan header makes no sense');
  for (const { component } of channels) {
    const bits = state.sent.get(component)!;
    const before = high || UNSENT;
    if (bits.subarray(first, last + 1).some((bit) => bit !== before))
      throw damagedJpeg('some of its scans are missing');
    bits.fill(low, first, last + 1);
    const quantiser = state.quantisers.get(component.quantiser);
    if (quantiser && !state.steps.has(component)) state.steps.set(component, quantiser);
  }
  return { channels, first, last, isRefinement: high > 0, bit: low };
}

/** The order of the blocks of a scan: interleaved units of all channels, or the blocks of one channel. */
function scanUnits(scan: BlockScan, { width, height, components }: JpegFrame) {
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
