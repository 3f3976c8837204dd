import { bigEndian, join, joinAll, littleEndian } from '../bytes.js';

/** Bits from high to low, with a zero behind every 0xff as JPEG wants it. */
function packBits(codes: readonly (readonly [value: number, length: number])[]): Uint8Array {
  const text = codes
    .map(([value, length]) => (length === 0 ? '' : value.toString(2).padStart(length, '0')))
    .join('');
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '1');
  const bytes = (padded.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  return Uint8Array.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}

const segment = (marker: number, data: readonly number[]) =>
  join([0xff, marker], bigEndian(data.length + 2, 2), data);

/** A table in which every category of differences from 0 to 15 has a code of five bits, its own number. */
const table = (kind: number) =>
  segment(0xc4, [
    kind,
    0,
    0,
    0,
    0,
    16,
    ...new Array<number>(11).fill(0),
    ...Array.from({ length: 16 }, (_, at) => at),
  ]);

function codesOf(difference: number): [number, number][] {
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  return [
    [size, 5],
    [difference < 0 ? difference + 2 ** size - 1 : difference, size],
  ];
}

/** A lossless JPEG of greys whose predictor is the sample to the left. */
export function losslessJpeg(pixels: Uint16Array, width: number, bits: number): Uint8Array {
  const codes = Array.from(pixels, (value, at) => {
    const isFirst = at % width === 0;
    const before = at === 0 ? 2 ** (bits - 1) : pixels[isFirst ? at - width : at - 1]!;
    return codesOf(value - before);
  });
  const height = pixels.length / width;
  return join(
    [0xff, 0xd8],
    segment(0xc3, [bits, ...bigEndian(height, 2), ...bigEndian(width, 2), 1, 1, 0x11, 0]),
    table(0),
    segment(0xda, [1, 1, 0, 1, 0, 0]),
    packBits(codes.flat()),
    [0xff, 0xd9],
  );
}

/** A JPEG of blocks of one grey each, 8 or 12 bits, extended sequential. */
export function flatJpeg(greys: readonly number[], bits: 8 | 12): Uint8Array {
  const codes = greys.flatMap((grey, at) => [...codesOf(grey - (greys[at - 1] ?? 0)), [0, 5] as const]);
  return join(
    [0xff, 0xd8],
    segment(0xdb, [0, ...new Array<number>(64).fill(8)]),
    segment(0xc1, [bits, 0, 8, ...bigEndian(8 * greys.length, 2), 1, 1, 0x11, 0]),
    table(0),
    table(0x10),
    segment(0xda, [1, 1, 0, 0, 63, 0]),
    packBits(codes),
    [0xff, 0xd9],
  );
}

/** Segments of literal runs of RLE, the high bytes of the samples first. */
export function rle(pixels: Uint16Array, bytesPerSample: 1 | 2): Uint8Array {
  const plane = (shift: number) => {
    const bytes = Uint8Array.from(pixels, (value) => value >> shift);
    const runs = Array.from({ length: Math.ceil(bytes.length / 128) }, (_, at) => {
      const some = bytes.subarray(at * 128, at * 128 + 128);
      return join([some.length - 1], some);
    });
    const all = joinAll(runs);
    return all.length % 2 === 0 ? all : join(all, [0x80]);
  };
  const planes = bytesPerSample === 2 ? [plane(8), plane(0)] : [plane(0)];
  const offsets = planes.map(
    (_, at) => 64 + planes.slice(0, at).reduce((sum, { length }) => sum + length, 0),
  );
  const header = joinAll([planes.length, ...offsets].map((value) => littleEndian(value, 4)));
  return join(header, new Uint8Array(64 - header.length), ...planes);
}
