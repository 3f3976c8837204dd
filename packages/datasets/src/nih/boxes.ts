import { DataError, type Box } from '@crrg/core';
import { parseNumber, requiredCell, type CsvRow, type Rows } from '../table/csv-row.js';
import { requireNihFinding } from './entries.js';

/** One box of `BBox_List_2017.csv`. */
export interface NihBox {
  /** A finding, spelt as in the metadata. */
  readonly label: string;
  /** Pixels of the 1024 x 1024 picture. */
  readonly box: Box;
  /** The numbers as listed: left, top, width, height. */
  readonly xywh: readonly [number, number, number, number];
}

/** The header of the numbers is one name, `Bbox [x,y,w,h]`, whose commas part it over their four columns. */
function parseBox({ cells, where }: CsvRow): NihBox['xywh'] {
  const numbers = [2, 3, 4, 5].map((at) => parseNumber(cells[at] ?? '', where, `column ${at + 1}`));
  return numbers as unknown as NihBox['xywh'];
}

/**
 * The boxes of `BBox_List_2017.csv` by image, in the order of the file.
 *
 * Source: docs/reference/datasets.md#nih-chestx-ray14.
 * @throws {@link DataError} for a cell of another kind, or a box without a size
 */
export async function readNihBoxes(rows: Rows): Promise<Map<string, NihBox[]>> {
  const byImage = new Map<string, NihBox[]>();
  for await (const row of rows) {
    const image = requiredCell(row, 'Image Index');
    const label = requireNihFinding(requiredCell(row, 'Finding Label'), row.where);
    const xywh = parseBox(row);
    const [x, y, width, height] = xywh;
    if (width <= 0 || height <= 0)
      throw new DataError(`${row.where}: expected a box with a width and a height; correct the row.`);
    const boxes = byImage.get(image) ?? [];
    boxes.push({ label, box: { x1: x, y1: y, x2: x + width, y2: y + height }, xywh });
    byImage.set(image, boxes);
  }
  return byImage;
}
