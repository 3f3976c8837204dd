import { DataError, type Box } from '@crrg/core';
import { formatPythonLiteral, PythonFloat } from '../python/index.js';
import { optionalCell, requiredCell, type CsvRow } from '../table/csv-row.js';
import { literalCell, textListCell } from '../table/literal-cell.js';
import { formatPandasCsv } from '../table/write-csv.js';
import type { RsnaPatient } from './patients.js';

const COLUMNS = ['patientId', 'bbox', 'label', 'class', 'image'] as const;

/** What the table of a split calls films with and without a box. */
export const RSNA_CLASS_NAMES = { positive: 'Pneumonia', negative: 'Normal' } as const;

const bboxCell = (boxes: readonly Box[]) =>
  boxes.length === 0
    ? ''
    : formatPythonLiteral(
        boxes.map(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2].map((value) => new PythonFloat(value))),
      );

/**
 * The CSV table of one split as CXR-CLIP reads it; its row numbers are places in the sorted list of patients.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia.
 * @param patients all, sorted by id
 * @param rows places of the split's patients, in order
 * @param imageOf path of a patient's picture
 */
export function formatRsnaTable(
  patients: readonly RsnaPatient[],
  rows: Iterable<number>,
  imageOf: (patient: string) => string,
): string {
  const lines = [...rows].map((index) => {
    const { id, boxes } = patients[index]!;
    const isPositive = boxes.length > 0;
    const name = isPositive ? RSNA_CLASS_NAMES.positive : RSNA_CLASS_NAMES.negative;
    return { index, cells: [id, bboxCell(boxes), isPositive ? '1' : '0', name, imageOf(id)] };
  });
  return formatPandasCsv(COLUMNS, lines);
}

/** One row of a table for classification. */
export interface ClassificationRow {
  readonly image: string;
  /** Columns of other sets than RSNA may have none. */
  readonly patient: string | undefined;
  readonly boxes: readonly Box[];
  /** One number a class, or a single one. */
  readonly labels: readonly number[];
  /** Names of the classes, or one for all. */
  readonly classes: readonly string[] | string;
}

function labelsOf(row: CsvRow): readonly number[] {
  const value = literalCell(row, 'label');
  const labels = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (labels.length > 0 && labels.every((label) => typeof label === 'number')) return labels;
  throw new DataError(`${row.where}: expected a number or a list of numbers for label; correct the row.`);
}

function boxesOf(row: CsvRow): Box[] {
  const value = literalCell(row, 'bbox') ?? [];
  const isBox = (item: unknown): item is readonly [number, number, number, number] =>
    Array.isArray(item) && item.length === 4 && item.every((side) => typeof side === 'number');
  if (Array.isArray(value) && value.every(isBox))
    return value.map(([x1, y1, x2, y2]) => ({ x1, y1, x2, y2 }));
  throw new DataError(`${row.where}: expected a list of [x1, y1, x2, y2] for bbox; correct the row.`);
}

/**
 * One row of a table for classification (RSNA and others): `label` may be a number or a list, of `image` as a list the first counts.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia.
 * @throws {@link DataError} for a cell of another kind
 */
export function parseClassificationRow(row: CsvRow): ClassificationRow {
  const name = requiredCell(row, 'class');
  const patient = optionalCell(row, 'patientId');
  requiredCell(row, 'image');
  const image = textListCell(row, 'image')![0];
  if (image === undefined)
    throw new DataError(`${row.where}: expected an image, got an empty list; correct the row.`);
  return {
    image,
    patient: patient === '' ? undefined : patient,
    boxes: boxesOf(row),
    labels: labelsOf(row),
    classes: name.startsWith('[') ? textListCell(row, 'class')! : name,
  };
}
