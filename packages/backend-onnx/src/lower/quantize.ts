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

/** Rows of a column that share a scale. */
export const BLOCK_SIZE = 32;

/** What a nibble holds for 0. */
const ZERO_NIBBLE = 8;

/** A matrix `[K, N]` in blocks of rows of one column: `value = scale * (nibble - 8)`. */
export interface BlockMatrix {
  /** `[N, blocks, BLOCK_SIZE / 2]`, two rows a byte, the first in the lower half. */
  readonly nibbles: Uint8Array;
  /** `[N * blocks]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Of each column; the last is filled up with zeros. */
  readonly blocks: number;
}

/** The scale of a block, from its value of the largest size, which becomes -8: of the two ends of the range the farther one. */
function scaleOfBlock(values: Float32Array): number {
  let extreme = 0;
  for (let at = 0; at < values.length; at++)
    if (Math.abs(values[at]!) > Math.abs(extreme)) extreme = values[at]!;
  return extreme === 0 ? 1 : Math.fround(-extreme / ZERO_NIBBLE);
}

/** A matrix, or one that is stored `[N, K]`, quantised block by block. */
export function quantizeBlocks(matrix: HostTensor, isTransposed: boolean): BlockMatrix {
  const { values: source, rows, columns, rowStep, columnStep } = layoutOf(matrix, isTransposed);
  const blocks = Math.ceil(rows / BLOCK_SIZE);
  const nibbles = new Uint8Array((columns * blocks * BLOCK_SIZE) / 2);
  const scales = new Float32Array(columns * blocks);
  const values = new Float32Array(BLOCK_SIZE);
  const nibbleOf = (value: number, scale: number) =>
    Math.min(2 * ZERO_NIBBLE - 1, roundUp(value / scale + ZERO_NIBBLE));
  for (let block = 0; block < blocks; block++)
    for (let column = 0; column < columns; column++) {
      for (let at = 0; at < BLOCK_SIZE; at++) {
        const row = block * BLOCK_SIZE + at;
        values[at] = row < rows ? source[row * rowStep + column * columnStep]! : 0;
      }
      const place = column * blocks + block;
      const scale = (scales[place] = scaleOfBlock(values));
      for (let at = 0; at < BLOCK_SIZE; at += 2)
        nibbles[(place * BLOCK_SIZE + at) / 2] =
          nibbleOf(values[at]!, scale) | (nibbleOf(values[at + 1]!, scale) << 4);
    }
  return { nibbles, scales, rows, columns, blocks };
}
