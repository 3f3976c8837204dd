import { floatsAt, layOut, openKernels } from './kernels.js';
import type { MatrixPart } from './matrix-parts.js';

/** Columns that are put together at a time. */
const COLUMNS_TOGETHER = 64;

/** Some rows of some columns of a part, column by column in the kernels' memory. */
export interface MatrixStrip {
  /** In the matrix. */
  readonly firstColumn: number;
  /** Columns of the matrix from one to the next. */
  readonly place: number;
  readonly columns: number;
  /** In the matrix. */
  readonly firstRow: number;
  readonly rows: number;
  /** Address of the numbers of the first column, and numbers from one column to the next. */
  readonly address: number;
  readonly step: number;
  /** Address of as many bytes as were asked for. */
  readonly free: number;
}

/**
 * Visits a part in strips of columns with `length` rows each; the last of a column is filled up with zeros.
 * @param freeBytes that `visit` may write to, for each column of a strip
 */
export function forEachStrip(
  part: MatrixPart,
  length: number,
  freeBytes: number,
  visit: (strip: MatrixStrip) => void,
): void {
  const { values, firstRow, firstColumn, rows, rowStep, outer, inner } = part;
  const [stored, tile, free] = layOut(
    values.byteLength,
    COLUMNS_TOGETHER * length * 4,
    COLUMNS_TOGETHER * freeBytes,
  );
  floatsAt(stored, values.length).set(values);
  for (let o = 0; o < outer.size; o++)
    for (let first = 0; first < rows; first += length)
      for (let i = 0; i < inner.size; i += COLUMNS_TOGETHER) {
        const strip = {
          firstColumn: firstColumn + o * outer.place + i * inner.place,
          place: inner.place,
          columns: Math.min(COLUMNS_TOGETHER, inner.size - i),
          firstRow: firstRow + first,
          rows: Math.min(length, rows - first),
          free,
        };
        const corner = o * outer.step + first * rowStep + i * inner.step;
        if (rowStep === 1 && strip.rows === length)
          visit({ ...strip, address: stored + 4 * corner, step: inner.step });
        else {
          fillTile(tile, length, strip, { address: stored + 4 * corner, rowStep, columnStep: inner.step });
          visit({ ...strip, address: tile, step: length });
        }
      }
}

/** Where numbers lie in the kernels' memory, and how far apart. */
interface Source {
  readonly address: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Puts the rows of some columns together, column by column. */
function fillTile(
  tile: number,
  length: number,
  { rows, columns }: Pick<MatrixStrip, 'rows' | 'columns'>,
  { address, rowStep, columnStep }: Source,
): void {
  const target = floatsAt(tile, columns * length);
  if (rows < length) target.fill(0);
  if (columnStep === 1) {
    openKernels().transpose(address, rowStep, rows, columns, tile, length);
    return;
  }
  const source = floatsAt(address, (rows - 1) * rowStep + (columns - 1) * columnStep + 1);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++)
      target[column * length + row] = source[row * rowStep + column * columnStep]!;
}
