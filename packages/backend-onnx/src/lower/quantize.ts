import type { HostTensor, WeightDType } from '@crrg/tensor';
import { partsOf, type MatrixPart } from './matrix-parts.js';
import { madeWeights, type MadePart, type ModelWeight } from './model-weight.js';
import type { MatrixLayout } from './weight-view.js';

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

/** What is added before a value is cut to an integer that is not negative: then the nearest one has this offset. */
const OFFSET = LARGEST_WEIGHT + 0.5;

/** Rows that are written at a time where those of a column lie together, so that both sides stay in the processor's nearest cache. */
const ROWS_TOGETHER = 8;

/** Notes larger sizes of a row. Without their signs, the bits of float32 numbers are in the order of their sizes. */
function noteRow(bits: Int32Array, largest: Int32Array): void {
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i]! & 0x7fffffff;
    if (size > largest[i]!) largest[i] = size;
  }
}

function writeRow(values: Float32Array, perUnit: Float64Array, integers: Int8Array): void {
  const [offset, largest] = [OFFSET, LARGEST_WEIGHT];
  for (let i = 0; i < integers.length; i++) integers[i] = ((values[i]! * perUnit[i]! + offset) | 0) - largest;
}

/** Whether the columns of a row lie together, as in the matrix. */
const isRowwise = ({ rowStep, inner }: MatrixPart) => rowStep !== 1 && inner.step === 1 && inner.place === 1;

/** Notes the bits of the largest size in each column. */
function noteLargest(part: MatrixPart, largest: Int32Array): void {
  const { values, firstColumn, rows, rowStep, outer, inner } = part;
  const { size: count, step, place } = inner;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const byRow = isRowwise(part);
  for (let o = 0; o < outer.size; o++) {
    const [start, column] = [o * outer.step, firstColumn + o * outer.place];
    if (byRow)
      for (let from = start, row = 0; row < rows; row++, from += rowStep)
        noteRow(bits.subarray(from, from + count), largest.subarray(column, column + count));
    else
      for (let i = 0; i < count; i++) {
        let most = largest[column + i * place]!;
        for (let at = start + i * step, row = 0; row < rows; row++, at += rowStep) {
          const size = bits[at]! & 0x7fffffff;
          if (size > most) most = size;
        }
        largest[column + i * place] = most;
      }
  }
}

/** Writes the integers of a part to their places in the matrix. */
function writeIntegers(part: MatrixPart, perUnit: Float64Array, integers: Int8Array): void {
  const { values, firstRow, firstColumn, rows, rowStep, outer, inner } = part;
  const { size: count, step, place } = inner;
  const columns = perUnit.length;
  const byRow = isRowwise(part);
  const together = byRow ? 1 : ROWS_TOGETHER;
  const [offset, largest] = [OFFSET, LARGEST_WEIGHT];
  for (let o = 0; o < outer.size; o++)
    for (let first = 0; first < rows; first += together) {
      const [start, column] = [o * outer.step + first * rowStep, firstColumn + o * outer.place];
      const corner = (firstRow + first) * columns + column;
      if (byRow)
        writeRow(
          values.subarray(start, start + count),
          perUnit.subarray(column, column + count),
          integers.subarray(corner, corner + count),
        );
      else
        for (let i = 0, last = Math.min(together, rows - first); i < count; i++) {
          const scale = perUnit[column + i * place]!;
          let to = corner + i * place;
          for (let at = start + i * step, row = 0; row < last; row++, at += rowStep, to += columns)
            integers[to] = ((values[at]! * scale + offset) | 0) - largest;
        }
    }
}

/** A matrix quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, layout: MatrixLayout): QuantizedMatrix {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const forEachPart = partsOf(matrix, layout);
  const largest = new Int32Array(columns);
  forEachPart((part) => noteLargest(part, largest));
  const scales = new Float32Array(largest.buffer).map((size) => (size === 0 ? 1 : size / LARGEST_WEIGHT));
  const perUnit = Float64Array.from(scales, (scale) => 1 / scale);
  const integers = new Int8Array(rows * columns);
  forEachPart((part) => writeIntegers(part, perUnit, integers));
  return { integers, scales, rows, columns };
}

/** The two constants of {@link quantizeMatrix}. */
export function quantizedMatrix(
  matrix: HostTensor,
  layout: MatrixLayout,
): readonly [integers: ModelWeight, scales: ModelWeight] {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const parts: [MadePart, MadePart] = [
    { type: 'int8', shape: [rows, columns], byteLength: rows * columns },
    { type: 'float32', shape: [columns], byteLength: 4 * columns },
  ];
  return madeWeights(matrix, `q8 ${JSON.stringify(layout)}`, parts, () => {
    const { integers, scales } = quantizeMatrix(matrix, layout);
    return [integers, scales];
  });
}

/** Bits of an integer in {@link BlockMatrix}. */
export type BlockBits = 4 | 8;

/** Bits of a weight that is kept in blocks; undefined where it is kept otherwise. */
export function blockBitsOf(dtype: WeightDType): BlockBits | undefined {
  if (dtype === 'q8-blocks') return 8;
  return dtype === 'q4-blocks' ? 4 : undefined;
}

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

/** Columns whose blocks are put together at a time where the rows of one lie apart. */
const STRIP = 64;

/** Numbers, and their bits. */
interface Numbers {
  readonly values: Float32Array;
  readonly bits: Uint32Array;
}

const withBits = (values: Float32Array): Numbers => ({
  values,
  bits: new Uint32Array(values.buffer, values.byteOffset, values.length),
});

/** Visits the blocks of all columns of a part, each as a run of `blockSize` numbers from `start` on, with zeros after the last row. */
function forEachBlock(
  part: MatrixPart,
  blockSize: number,
  visit: (column: number, block: number, numbers: Numbers, start: number) => void,
): void {
  const { values, firstRow, firstColumn, rows, rowStep, outer, inner } = part;
  const [stored, tile] = [withBits(values), withBits(new Float32Array(STRIP * blockSize))];
  for (let o = 0; o < outer.size; o++)
    for (let first = 0; first < rows; first += blockSize) {
      const count = Math.min(blockSize, rows - first);
      const block = (firstRow + first) / blockSize;
      for (let i = 0; i < inner.size; i += STRIP) {
        const width = Math.min(STRIP, inner.size - i);
        const column = firstColumn + o * outer.place + i * inner.place;
        const corner = o * outer.step + first * rowStep + i * inner.step;
        const isInPlace = rowStep === 1 && count === blockSize;
        if (!isInPlace)
          fillTile(tile.values, { values, corner, count, rowStep, width, step: inner.step, blockSize });
        const [run, start, step] = isInPlace ? [stored, corner, inner.step] : [tile, 0, blockSize];
        for (let c = 0; c < width; c++) visit(column + c * inner.place, block, run, start + c * step);
      }
    }
}

/** What is copied to a tile. */
interface TileSource {
  readonly values: Float32Array;
  readonly corner: number;
  readonly count: number;
  readonly rowStep: number;
  readonly width: number;
  readonly step: number;
  readonly blockSize: number;
}

/** Puts rows of some columns together, column by column. */
function fillTile(tile: Float32Array, source: TileSource): void {
  const { values, corner, count, rowStep, width, step, blockSize } = source;
  if (count < blockSize) tile.fill(0);
  for (let row = 0; row < count; row++)
    for (let c = 0, from = corner + row * rowStep, to = row; c < width; c++, from += step, to += blockSize)
      tile[to] = values[from]!;
}

const oneNumber = withBits(new Float32Array(1));

/** The value of the largest size; of two the negative one. */
function extremeOf({ bits }: Numbers, start: number, length: number): number {
  let most = 0;
  for (let at = start; at < start + length; at++) {
    // With the sign last, the bits of float32 numbers are in the order of their sizes.
    const turned = ((bits[at]! << 1) | (bits[at]! >>> 31)) >>> 0;
    if (turned > most) most = turned;
  }
  oneNumber.bits[0] = (most >>> 1) | (most << 31);
  return oneNumber.values[0]!;
}

/** Where the integers of blocks go, and how they are made. */
interface BlockWriter {
  readonly bytes: Uint8Array;
  readonly bits: BlockBits;
  readonly blockSize: number;
  /** The integer of the number 0. */
  readonly zero: number;
}

/** Writes the integers of a block, of 4 bits two a byte: the nearest, halves up, cut at the end of the range that is not the extreme's. */
function writeBlock(
  { values }: Numbers,
  start: number,
  perUnit: number,
  place: number,
  { bytes, bits, blockSize, zero }: BlockWriter,
): void {
  const [offset, highest] = [zero + 0.5, 2 * zero - 1];
  let to = (place * blockSize * bits) / 8;
  if (bits === 8)
    for (let at = start; at < start + blockSize; at++) {
      const integer = (values[at]! * perUnit + offset) | 0;
      bytes[to++] = integer > highest ? highest : integer;
    }
  else
    for (let at = start; at < start + blockSize; at += 2) {
      const low = (values[at]! * perUnit + offset) | 0;
      const high = (values[at + 1]! * perUnit + offset) | 0;
      bytes[to++] = (low > highest ? highest : low) | ((high > highest ? highest : high) << 4);
    }
}

/**
 * A matrix quantised block by block: the value of the largest size becomes the lowest integer, the farther
 * end of the range.
 */
export function quantizeBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits): BlockMatrix {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(rows / blockSize);
  const bytes = new Uint8Array((columns * blocks * blockSize * bits) / 8);
  const scales = new Float32Array(columns * blocks);
  const zero = 2 ** (bits - 1);
  const writer = { bytes, bits, blockSize, zero };
  partsOf(
    matrix,
    layout,
    blockSize,
  )((part) =>
    forEachBlock(part, blockSize, (column, block, numbers, start) => {
      const place = column * blocks + block;
      scales[place] = -extremeOf(numbers, start, blockSize) / zero || 1;
      writeBlock(numbers, start, 1 / scales[place]!, place, writer);
    }),
  );
  return { bytes, scales, rows, columns, blocks, blockSize };
}

/** The two constants of {@link quantizeBlocks}, and the sizes that the operator is told. */
export function quantizedBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits) {
  const [K, N] = [layout.rows, layout.groups * layout.columns];
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(K / blockSize);
  const bytesOfBlock = (blockSize * bits) / 8;
  const sizes: [MadePart, MadePart] = [
    { type: 'uint8', shape: [N, blocks, bytesOfBlock], byteLength: N * blocks * bytesOfBlock },
    { type: 'float32', shape: [N * blocks], byteLength: 4 * N * blocks },
  ];
  const parts = madeWeights(matrix, `q${bits} blocks ${JSON.stringify(layout)}`, sizes, () => {
    const { bytes, scales } = quantizeBlocks(matrix, layout, bits);
    return [bytes, scales];
  });
  return { parts, K, N, block_size: blockSize };
}
