import { ANATOMICAL_REGIONS, DataError, type Box } from '@crrg/core';
import { parsePythonLiteral, type PythonValue } from '../python/index.js';
import type { RegionAnnotation } from '../region-study.js';
import { hasColumn, optionalCell, requiredCell, type CsvRow } from '../table/csv-row.js';
import type { RrgRow } from './row.js';

const COUNT = ANATOMICAL_REGIONS.length;

function listCell(row: CsvRow, name: string): readonly PythonValue[] {
  let value: PythonValue;
  try {
    value = parsePythonLiteral(requiredCell(row, name));
  } catch (cause) {
    if (!(cause instanceof DataError) || cause.details['character'] === undefined) throw cause;
    const place = `character ${String(cause.details['character'])}`;
    throw new DataError(`${row.where}: ${name}: expected a list as Python writes it, got none at ${place}.`, {
      cause,
    });
  }
  if (Array.isArray(value)) return value as readonly PythonValue[];
  throw new DataError(`${row.where}: ${name}: expected a list, got another value.`);
}

const isCorners = (value: PythonValue): value is readonly number[] =>
  Array.isArray(value) && value.length === 4 && value.every((item) => typeof item === 'number');

/** Boxes by place among the 29 regions. */
function boxesOf(row: CsvRow): ReadonlyMap<number, Box> {
  const coordinates = listCell(row, 'bbox_coordinates');
  const labels = listCell(row, 'bbox_labels');
  if (labels.length !== coordinates.length)
    throw new DataError(
      `${row.where}: bbox_labels: expected one a box (${coordinates.length}), got ${labels.length}.`,
    );
  const boxes = new Map<number, Box>();
  for (const [at, label] of labels.entries()) {
    const corners = coordinates[at]!;
    if (!isCorners(corners))
      throw new DataError(`${row.where}: bbox_coordinates: expected 4 numbers for box ${at + 1}.`);
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 1 || label > COUNT)
      throw new DataError(`${row.where}: bbox_labels: expected whole numbers from 1 to ${COUNT}.`);
    if (boxes.has(label - 1))
      throw new DataError(`${row.where}: bbox_labels: expected each label once, got ${label} twice.`);
    const [x1, y1, x2, y2] = corners as [number, number, number, number];
    boxes.set(label - 1, { x1, y1, x2, y2 });
  }
  return boxes;
}

function listOf29<T extends PythonValue>(
  row: CsvRow,
  name: string,
  kind: string,
  isKind: (value: PythonValue) => value is T,
): readonly T[] {
  const values = listCell(row, name);
  if (values.length === COUNT && values.every(isKind)) return values;
  throw new DataError(`${row.where}: ${name}: expected a list of ${COUNT} ${kind}, got another.`);
}

const isText = (value: PythonValue): value is string => typeof value === 'string';
const isFlag = (value: PythonValue): value is boolean => typeof value === 'boolean';

function regionsOf(row: CsvRow): RegionAnnotation[] {
  const boxes = boxesOf(row);
  const phrases = listOf29(row, 'bbox_phrases', 'texts', isText);
  const exists = listOf29(row, 'bbox_phrase_exists', 'values True or False', isFlag);
  const abnormal = listOf29(row, 'bbox_is_abnormal', 'values True or False', isFlag);
  const contradiction = exists.findIndex((flag, at) => flag !== (phrases[at] !== ''));
  if (contradiction >= 0)
    throw new DataError(
      `${row.where}: bbox_phrase_exists: expected ${phrases[contradiction] === '' ? 'False' : 'True'} for phrase ${contradiction + 1}, got the other.`,
    );
  return ANATOMICAL_REGIONS.map((region, at) => ({
    region,
    box: boxes.get(at) ?? null,
    text: phrases[at]!,
    abnormal: abnormal[at]!,
  }));
}

/** Columns that every table of RGRG has, in order; others, such as those that later versions add, are passed over. */
export const REQUIRED_RRG_COLUMNS = [
  'subject_id',
  'study_id',
  'image_id',
  'mimic_image_file_path',
  'bbox_coordinates',
  'bbox_labels',
  'bbox_phrases',
  'bbox_phrase_exists',
  'bbox_is_abnormal',
] as const;

/**
 * A row of RGRG's CSV files.
 *
 * Source: docs/reference/datasets.md#rows-and-columns.
 * @throws {@link DataError} with file, line and column, without any text of the row
 */
export function parseRrgRow(row: CsvRow): RrgRow {
  return {
    subject: requiredCell(row, 'subject_id'),
    study: requiredCell(row, 'study_id'),
    image: requiredCell(row, 'image_id'),
    path: requiredCell(row, 'mimic_image_file_path'),
    regions: regionsOf(row),
    referenceReport: hasColumn(row, 'reference_report') ? optionalCell(row, 'reference_report') : null,
  };
}
