import type { HostTensor } from '@crrg/tensor';

/** A matrix `[K, N]` as integers from -64 to 64 with one scale per column: `value = scale * integer`. */
export interface QuantizedMatrix {
  readonly integers: Int8Array;
  /** `[N]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Processors without VNNI add two products of an unsigned and a signed byte in 16 bits that saturate, so larger weights would make results
 * depend on the machine: 2 * 255 * 64 is the largest such sum that fits.
 */
export const LARGEST_WEIGHT = Math.floor((2 ** 15 - 1) / (2 * (2 ** 8 - 1)));

/** Rows and columns of a matrix, and how far apart their elements lie. */
function layoutOf({ shape, data }: HostTensor, isTransposed: boolean) {
  const [rows, columns] = (isTransposed ? [shape[1], shape[0]] : shape) as [number, number];
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [columns, 1];
  return { values: data as Float32Array, rows, columns, rowStep, columnStep };
}

/** Columns that are worked on at a time where each lies apart, so that what is read and what is written stay in the processor's cache. */
const STRIP = 64;

/** Visits runs of columns of one row, in an order that suits how the matrix is stored. */
function forEachRun(
  { rows, columns, columnStep }: ReturnType<typeof layoutOf>,
  visit: (row: number, start: number, end: number) => void,
): void {
  const strip = columnStep === 1 ? columns : STRIP;
  for (let start = 0; start < columns; start += strip) {
    const end = Math.min(start + strip, columns);
    for (let row = 0; row < rows; row++) visit(row, start, end);
  }
}

/** `Math.round` of what is not negative, several times as fast. */
const roundUp = (value: number) => (value + 0.5) | 0;

/** A matrix, or one that is stored `[N, K]`, quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, isTransposed: boolean): QuantizedMatrix {
  const layout = layoutOf(matrix, isTransposed);
  const { values, rows, columns, rowStep, columnStep } = layout;
  const largest = new Float32Array(columns);
  forEachRun(layout, (row, start, end) => {
    for (let column = start; column < end; column++) {
      const size = Math.abs(values[row * rowStep + column * columnStep]!);
      if (size > largest[column]!) largest[column] = size;
    }
  });
  const scales = largest.map((size) => (size === 0 ? 1 : size / LARGEST_WEIGHT));
  const integers = new Int8Array(rows * columns);
  forEachRun(layout, (row, start, end) => {
    for (let column = start; column < end; column++)
      integers[row * columns + column] =
        roundUp(values[row * rowStep + column * columnStep]! / scales[column]! + LARGEST_WEIGHT) -
        LARGEST_WEIGHT;
  });
  return { integers, scales, rows, columns };
}

/** Bits of an integer in {@link BlockMatrix}. */
export type BlockBits = 4 | 8;

/** Rows of a column that share a scale. */
const BLOCK_SIZES: Readonly<Record<BlockBits, number>> = { 4: 32, 8: 128 };

/** A matrix `[K, N]` in blocks of rows of one column: `value = scale * (integer - 2^(bits - 1))`. */
export interface BlockMatrix {
  /** `[N, blocks, blockSize * bits / 8]`; of 4 bits two rows a byte, the first in the lower half. */
  readonly bytes: Uint8Array;
  /** `[N * blocks]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Of each column; the last is filled up with zeros. */
  readonly blocks: number;
  readonly blockSize: number;
}

/** The value of the largest size. */
function extremeOf(values: Float32Array): number {
  let extreme = 0;
  for (let at = 0; at < values.length; at++)
    if (Math.abs(values[at]!) > Math.abs(extreme)) extreme = values[at]!;
  return extreme;
}

/**
 * A matrix, or one that is stored `[N, K]`, quantised block by block: the value of the largest size becomes the lowest integer, the farther
 * end of the range.
 */
export function quantizeBlocks(matrix: HostTensor, isTransposed: boolean, bits: BlockBits): BlockMatrix {
  const { values: source, rows, columns, rowStep, columnStep } = layoutOf(matrix, isTransposed);
  const blockSize = BLOCK_SIZES[bits];
  const [zero, perByte] = [2 ** (bits - 1), 8 / bits];
  const blocks = Math.ceil(rows / blockSize);
  const bytes = new Uint8Array((columns * blocks * blockSize) / perByte);
  const scales = new Float32Array(columns * blocks);
  const values = new Float32Array(blockSize);
  for (let block = 0; block < blocks; block++)
    for (let column = 0; column < columns; column++) {
      for (let at = 0; at < blockSize; at++) {
        const row = block * blockSize + at;
        values[at] = row < rows ? source[row * rowStep + column * columnStep]! : 0;
      }
      const place = column * blocks + block;
      const scale = (scales[place] = -extremeOf(values) / zero || 1);
      for (let at = 0; at < blockSize; at++) {
        const integer = Math.min(2 * zero - 1, roundUp(values[at]! / scale + zero));
        bytes[Math.floor((place * blockSize + at) / perByte)]! |= integer << (bits * (at % perByte));
      }
    }
  return { bytes, scales, rows, columns, blocks, blockSize };
}
