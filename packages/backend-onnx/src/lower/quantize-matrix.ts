import type { HostTensor } from '@crrg/tensor';
import { floatsAt, layOut, openKernels } from './kernels.js';
import { partsOf, type ColumnAxis, type MatrixPart } from './matrix-parts.js';
import { forEachStrip } from './matrix-strips.js';
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

/** Columns that lie apart where they are stored, and beside each other in the matrix, and are written together. */
const GROUPS_TOGETHER = 16;

const inMemory = ({ dtype, shape, data }: HostTensor): HostTensor => ({ dtype, shape, data }) as HostTensor;

/** Rows of some groups of columns of a part, in the kernels' memory. */
interface RowStrip {
  /** In the matrix. */
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rows: number;
  readonly columns: ColumnAxis;
  readonly groups: ColumnAxis;
  /** Address of the first number, and numbers from one row to the next. */
  readonly address: number;
  readonly rowStep: number;
  /** Address of room for as many numbers, and one more a column. */
  readonly free: number;
}

const ONE_GROUP: ColumnAxis = { size: 1, step: 0, place: 0 };

/** Visits a part in strips whose rows lie together. */
function forEachRowStrip(part: MatrixPart, visit: (strip: RowStrip) => void): void {
  const { values, firstRow, firstColumn, rows, rowStep, outer, inner } = part;
  if (inner.step !== 1 || rowStep === 1) {
    // Room for the turned numbers, too.
    forEachStrip(
      part,
      rows,
      4 * (2 * rows + 1),
      ({ columns: size, address, step, place, free, ...strip }) => {
        openKernels().transpose(address, step, size, rows, free, size);
        visit({
          ...strip,
          columns: { size, step: 1, place },
          groups: ONE_GROUP,
          address: free,
          rowStep: size,
          free: free + 4 * size * rows,
        });
      },
    );
    return;
  }
  const [address, free] = layOut(values.byteLength, values.byteLength + 4 * inner.size);
  floatsAt(address, values.length).set(values);
  visit({ firstRow, firstColumn, rows, columns: inner, groups: outer, address, rowStep, free });
}

/** Notes the largest size in each column. */
function noteLargest(part: MatrixPart, largest: Float32Array): void {
  forEachRowStrip(part, ({ firstColumn, rows, columns, groups, address, rowStep, free }) => {
    const sizes = floatsAt(free, columns.size);
    for (let g = 0; g < groups.size; g++) {
      sizes.fill(0);
      openKernels().noteSizes(address + 4 * g * groups.step, rowStep, rows, columns.size, free);
      for (let c = 0, at = firstColumn + g * groups.place; c < columns.size; c++, at += columns.place)
        if (sizes[c]! > largest[at]!) largest[at] = sizes[c]!;
    }
  });
}

/** Writes the integers of a part to their places in the matrix. */
function writeIntegers(part: MatrixPart, perUnit: Float32Array, integers: Int8Array): void {
  const { memory, quantizeRows } = openKernels();
  const width = perUnit.length;
  forEachRowStrip(part, ({ firstRow, firstColumn, rows, columns, groups, address, rowStep, free }) => {
    const units = floatsAt(free, columns.size);
    const size = rows * columns.size;
    const made = new Int8Array(memory.buffer, free + units.byteLength, groups.size * size);
    for (let g = 0; g < groups.size; g++) {
      for (let c = 0, at = firstColumn + g * groups.place; c < columns.size; c++, at += columns.place)
        units[c] = perUnit[at]!;
      const to = made.byteOffset + g * size;
      quantizeRows(address + 4 * g * groups.step, rowStep, rows, columns.size, free, to);
    }
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * columns.size, (firstRow + row) * width + firstColumn];
      if (columns.place === 1)
        for (let g = 0; g < groups.size; g++)
          integers.set(made.subarray(g * size + from, g * size + from + columns.size), to + g * groups.place);
      else
        for (let c = 0; c < columns.size; c++)
          for (let g = 0, at = to + c * columns.place; g < groups.size; g++, at += groups.place)
            integers[at] = made[g * size + from + c]!;
    }
  });
}

/** A matrix quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, layout: MatrixLayout): QuantizedMatrix {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const forEachPart = partsOf(
    rows * columns <= MOST_AT_ONCE ? inMemory(matrix) : matrix,
    layout,
    1,
    GROUPS_TOGETHER,
  );
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
