import { runReader, type HostTensor } from '@crrg/tensor';
import type { MatrixLayout } from './weight-view.js';

/** An axis of a matrix: how far apart its numbers lie where they are stored. */
interface Axis {
  readonly size: number;
  readonly step: number;
}

/** Columns along an axis, and how many columns of the matrix apart they are. */
export interface ColumnAxis extends Axis {
  readonly place: number;
}

/** Some of a matrix that is stored together. */
export interface MatrixPart {
  readonly values: Float32Array;
  /** Where it begins in the matrix. */
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rows: number;
  readonly rowStep: number;
  /** The columns are those of both together; those of the inner axis are stored closer to each other. */
  readonly outer: ColumnAxis;
  readonly inner: ColumnAxis;
}

/** Visits all parts of a matrix. */
export type MatrixParts = (visit: (part: MatrixPart) => void) => void;

/** Numbers of a part, so that it stays in the processor's cache while it is worked on. */
const PART_SIZE = 2 ** 18;

/**
 * A matrix in parts, so that one whose numbers stay in a file need not be read whole.
 * @param rowUnit rows that a part has a multiple of, but for the last
 * @param leastColumns that a part of whole columns has
 */
export function partsOf(
  matrix: HostTensor,
  layout: MatrixLayout,
  rowUnit = 1,
  leastColumns = 1,
): MatrixParts {
  const row: ColumnAxis = { size: layout.rows, step: layout.rowStep, place: 0 };
  const group: ColumnAxis = { size: layout.groups, step: layout.groupStep, place: layout.columns };
  const column: ColumnAxis = { size: layout.columns, step: layout.columnStep, place: 1 };
  const slowness = ({ size, step }: Axis) => (size > 1 ? step : 0);
  const [inner, outer] =
    slowness(column) > slowness(group) && group.size > 1 ? [group, column] : [column, group];
  const slowest = [row, group, column].reduce((a, b) => (slowness(b) > slowness(a) ? b : a));
  const step = Math.max(1, slowness(slowest));
  const unit = slowest === row ? rowUnit : leastColumns;
  const most = unit * Math.max(1, Math.floor(PART_SIZE / (step * unit)));
  const read = runReader(matrix as HostTensor<'float32'>);
  return (visit) => {
    for (let first = 0; first < slowest.size; first += most) {
      const size = Math.min(most, slowest.size - first);
      const cut = (axis: ColumnAxis) => (axis === slowest ? { ...axis, size } : axis);
      visit({
        values: read(first * step, size * step),
        firstRow: slowest === row ? first : 0,
        firstColumn: first * slowest.place,
        rows: cut(row).size,
        rowStep: row.step,
        outer: cut(outer),
        inner: cut(inner),
      });
    }
  };
}
