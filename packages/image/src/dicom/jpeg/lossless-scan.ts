import { JpegBitReader, type HuffmanTable } from '../../jpeg-bits.js';
import { damagedJpeg, type JpegSegment } from '../../jpeg-markers.js';
import { knownTable, passRestart, readScanHeader, type JpegState } from '../../jpeg-walk.js';
import { sampleArray, type Samples } from './samples.js';

/** What a sample is expected to be, from its neighbours: left, above, and above left. */
type Predictor = (left: number, above: number, corner: number) => number;

/** By selection value (ITU-T T.81, table H.1). */
const PREDICTORS: Readonly<Record<number, Predictor>> = {
  1: (left) => left,
  2: (_left, above) => above,
  3: (_left, _above, corner) => corner,
  4: (left, above, corner) => left + above - corner,
  5: (left, above, corner) => left + ((above - corner) >> 1),
  6: (left, above, corner) => above + ((left - corner) >> 1),
  7: (left, above) => (left + above) >> 1,
};

interface LosslessScan {
  readonly table: HuffmanTable;
  readonly predict: Predictor;
  /** Lowest bits of every sample that were left out. */
  readonly pointTransform: number;
  /** Rows between restart markers. */
  readonly interval: number;
}

/**
 * The samples of a lossless scan of one channel, and the place of the marker behind it.
 *
 * Source: ITU-T T.81, annex H.
 * @throws `ImageError` where the data end early, go on too long, or make no sense
 */
export function readLosslessScan(
  bytes: Uint8Array,
  segment: JpegSegment,
  state: JpegState,
): { readonly samples: Samples; readonly end: number } {
  const frame = state.frame!;
  const { width, height, bitDepth } = frame;
  const { table, predict, pointTransform, interval } = readHeader(bytes, segment, state);
  const reader = new JpegBitReader(bytes, segment.end);
  const samples = sampleArray(frame);
  const middle = 2 ** (bitDepth - pointTransform - 1);
  const highest = 2 ** (bitDepth - pointTransform) - 1;
  const readRow = rowReader(reader, table, width, highest);
  let above = new Uint16Array(width);
  let row = new Uint16Array(width);
  for (let y = 0; y < height; y++) {
    const isFirst = y % interval === 0;
    if (isFirst && y > 0) passRestart(bytes, reader, y / interval);
    if (isFirst) readRow(row, row, middle, PREDICTORS[1]!);
    else readRow(row, above, above[0]!, predict);
    for (let x = 0; x < width; x++) samples[y * width + x] = row[x]! << pointTransform;
    [row, above] = [above, row];
  }
  reader.toMarker();
  return { samples, end: reader.at };
}

function readHeader(bytes: Uint8Array, segment: JpegSegment, state: JpegState): LosslessScan {
  const { channels, first, last, approximation } = readScanHeader(bytes, segment, state);
  const { width, height, bitDepth } = state.frame!;
  const predict = PREDICTORS[first];
  const { high, low: pointTransform } = approximation;
  if (channels.length !== 1 || !predict || last !== 0 || high !== 0 || pointTransform >= bitDepth)
    throw damagedJpeg('a scan header makes no sense');
  const interval = state.restartInterval / width || height;
  if (!Number.isInteger(interval)) throw damagedJpeg('its restart markers lie inside rows');
  return { table: knownTable(channels[0]!.dc), predict, pointTransform, interval };
}

/** Reads rows of differences to what is predicted, which is `start` for the first sample. */
function rowReader(reader: JpegBitReader, table: HuffmanTable, width: number, highest: number) {
  return (row: Uint16Array, above: Uint16Array, start: number, predict: Predictor): void => {
    let expected = start;
    for (let x = 0; x < width; x++) {
      if (x > 0) expected = predict(row[x - 1]!, above[x]!, above[x - 1]!);
      // Sums are counted modulo 65,536.
      const sample = (expected + readDifference(reader, table)) & 0xffff;
      if (sample > highest) throw damagedJpeg('its greys leave their range');
      row[x] = sample;
    }
  };
}

function readDifference(reader: JpegBitReader, table: HuffmanTable): number {
  const size = reader.symbol(table);
  if (size < 16) return reader.signed(size);
  // The only difference of 16 bits is told by its size alone.
  if (size === 16) return 32_768;
  throw damagedJpeg('its data make no sense');
}
