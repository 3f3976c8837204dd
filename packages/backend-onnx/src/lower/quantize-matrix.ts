import type { HostTensor } from '@crrg/tensor';
import { floatsAt, layOut, openKernels } from './kernels.js';
import { partsOf, type MatrixPart } from './matrix-parts.js';
import { forEachStrip, type MatrixStrip } from './matrix-strips.js';
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

/** Numbers that are all smaller are kept as zeros: what brings them to integers would not be finite. */
export const SMALLEST_SIZE = 2 ** -100;

/** Numbers of a matrix that is read once, although they are needed twice; a larger one is read twice, in parts. */
const MOST_AT_ONCE = 2 ** 23;

const inMemory = ({ dtype, shape, data }: HostTensor): HostTensor => ({ dtype, shape, data }) as HostTensor;

/** Whether the columns of a row lie together, as in the matrix. */
const isRowwise = ({ rowStep, inner }: MatrixPart) => rowStep !== 1 && inner.step === 1 && inner.place === 1;

/** Visits a part in strips with all its rows, and room for their numbers and one more a column. */
const forEachColumns = (part: MatrixPart, visit: (strip: MatrixStrip) => void): void =>
  forEachStrip(part, part.rows, 4 * (part.rows + 1), visit);

/** Notes the largest size in each column. */
function noteLargest(part: MatrixPart, largest: Float32Array): void {
  const { noteSizes, transpose } = openKernels();
  if (!isRowwise(part)) {
    forEachColumns(part, ({ firstColumn, place, columns, rows, address, step, free }) => {
      transpose(address, step, columns, rows, free, columns);
      const sizes = floatsAt(free + 4 * columns * rows, columns).fill(0);
      noteSizes(free, columns, rows, columns, sizes.byteOffset);
      for (let c = 0, column = firstColumn; c < columns; c++, column += place)
        if (sizes[c]! > largest[column]!) largest[column] = sizes[c]!;
    });
    return;
  }
  const { values, firstColumn, rows, rowStep, outer, inner } = part;
  const [stored, sizes] = layOut(values.byteLength, largest.byteLength);
  floatsAt(stored, values.length).set(values);
  floatsAt(sizes, largest.length).set(largest);
  for (let o = 0; o < outer.size; o++)
    noteSizes(
      stored + 4 * o * outer.step,
      rowStep,
      rows,
      inner.size,
      sizes + 4 * (firstColumn + o * outer.place),
    );
  largest.set(floatsAt(sizes, largest.length));
}

/** Writes the integers of a part to their places in the matrix. */
function writeIntegers(part: MatrixPart, perUnit: Float32Array, integers: Int8Array): void {
  const { memory, quantizeRows, transpose } = openKernels();
  const width = perUnit.length;
  if (!isRowwise(part)) {
    forEachColumns(part, ({ firstColumn, place, columns, firstRow, rows, address, step, free }) => {
      transpose(address, step, columns, rows, free, columns);
      const units = floatsAt(free + 4 * columns * rows, columns);
      for (let c = 0, column = firstColumn; c < columns; c++, column += place) units[c] = perUnit[column]!;
      // Over the numbers themselves: an integer is written when those before it were read.
      quantizeRows(free, columns, rows, columns, units.byteOffset, free);
      const made = new Int8Array(memory.buffer, free, rows * columns);
      for (let row = 0; row < rows; row++) {
        const to = (firstRow + row) * width + firstColumn;
        if (place === 1) integers.set(made.subarray(row * columns, (row + 1) * columns), to);
        else for (let c = 0; c < columns; c++) integers[to + c * place] = made[row * columns + c]!;
      }
    });
    return;
  }
  const { values, firstRow, firstColumn, rows, rowStep, outer, inner } = part;
  const [stored, units, free] = layOut(values.byteLength, perUnit.byteLength, rows * inner.size);
  floatsAt(stored, values.length).set(values);
  floatsAt(units, width).set(perUnit);
  const made = new Int8Array(memory.buffer, free, rows * inner.size);
  for (let o = 0; o < outer.size; o++) {
    const column = firstColumn + o * outer.place;
    quantizeRows(stored + 4 * o * outer.step, rowStep, rows, inner.size, units + 4 * column, free);
    for (let row = 0; row < rows; row++)
      integers.set(
        made.subarray(row * inner.size, (row + 1) * inner.size),
        (firstRow + row) * width + column,
      );
  }
}

/** A matrix quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, layout: MatrixLayout): QuantizedMatrix {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const forEachPart = partsOf(rows * columns <= MOST_AT_ONCE ? inMemory(matrix) : matrix, layout);
  const largest = new Float32Array(columns);
  forEachPart((part) => noteLargest(part, largest));
  const scales = largest.map((size) => (size < SMALLEST_SIZE ? 1 : size / LARGEST_WEIGHT));
  const perUnit = scales.map((scale) => 1 / scale);
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
