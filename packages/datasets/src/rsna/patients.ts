import { DataError, type Box } from '@crrg/core';
import {
  choiceCell,
  numberCell,
  optionalCell,
  requiredCell,
  type CsvRow,
  type Rows,
} from '../table/csv-row.js';

/** Columns of `stage_2_train_labels.csv`. */
export const RSNA_LABEL_COLUMNS = ['patientId', 'x', 'y', 'width', 'height', 'Target'] as const;
/** Columns of `stage_2_detailed_class_info.csv`. */
export const RSNA_CLASS_COLUMNS = ['patientId', 'class'] as const;
/** Classes of `stage_2_detailed_class_info.csv`. */
export const RSNA_CLASSES = ['Lung Opacity', 'No Lung Opacity / Not Normal', 'Normal'] as const;
/** One of {@link RSNA_CLASSES}. */
export type RsnaClass = (typeof RSNA_CLASSES)[number];

/** One patient of the RSNA pneumonia challenge, which has one film. */
export interface RsnaPatient {
  readonly id: string;
  /** Pixels of the film; empty where there is no pneumonia. */
  readonly boxes: readonly Box[];
  /** Undefined where the file of classes was not read or does not name the patient. */
  readonly detail: RsnaClass | undefined;
}

interface Draft {
  readonly where: string;
  readonly boxes: Box[];
}

const BOX = ['x', 'y', 'width', 'height'] as const;

function boxOf(row: CsvRow): Box | undefined {
  const isPositive = choiceCell(row, 'Target', ['0', '1', '0.0', '1.0']).startsWith('1');
  if (!isPositive) {
    if (BOX.every((name) => optionalCell(row, name).trim() === '')) return undefined;
    throw new DataError(`${row.where}: expected no box where Target is 0, got one; correct the row.`);
  }
  const [x, y, width, height] = BOX.map((name) => numberCell(row, name)) as [number, number, number, number];
  if (width > 0 && height > 0) return { x1: x, y1: y, x2: x + width, y2: y + height };
  throw new DataError(`${row.where}: expected a box with a width and a height, got none; correct the row.`);
}

async function readDrafts(labels: Rows): Promise<Map<string, Draft>> {
  const drafts = new Map<string, Draft>();
  for await (const row of labels) {
    const id = requiredCell(row, 'patientId');
    const box = boxOf(row);
    const earlier = drafts.get(id);
    if (earlier && (box === undefined || earlier.boxes.length === 0))
      throw new DataError(
        `${row.where}: expected one row for a patient without a box, got another in ${earlier.where}; remove one.`,
      );
    if (earlier && box) earlier.boxes.push(box);
    else drafts.set(id, { where: row.where, boxes: box ? [box] : [] });
  }
  return drafts;
}

async function readClasses(classes: Rows): Promise<Map<string, RsnaClass>> {
  const byPatient = new Map<string, RsnaClass>();
  for await (const row of classes) {
    const id = requiredCell(row, 'patientId');
    const detail = choiceCell(row, 'class', RSNA_CLASSES);
    if ((byPatient.get(id) ?? detail) !== detail)
      throw new DataError(`${row.where}: expected one class a patient, got a second; correct the row.`);
    byPatient.set(id, detail);
  }
  return byPatient;
}

const inOrder = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/**
 * The patients of the challenge, one entry each however many boxes there are, sorted by id; a film is positive where it has a box, so
 * "not normal" without an opacity is negative.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia.
 * @param labels rows of `stage_2_train_labels.csv`
 * @param classes rows of `stage_2_detailed_class_info.csv`
 * @throws {@link DataError} for a row that contradicts another or itself
 */
export async function readRsnaPatients(labels: Rows, classes: Rows = []): Promise<RsnaPatient[]> {
  const drafts = await readDrafts(labels);
  const details = await readClasses(classes);
  return [...drafts.keys()].sort(inOrder).map((id) => {
    const { boxes, where } = drafts.get(id)!;
    const detail = details.get(id);
    if (detail !== undefined && (detail === 'Lung Opacity') !== boxes.length > 0)
      throw new DataError(
        `${where}: expected a box exactly where the class is Lung Opacity, got ${boxes.length} boxes and another class; check both files.`,
      );
    return { id, boxes, detail };
  });
}
