import { DataError } from '@crrg/core';
import type { StudySplit } from '../region-study.js';
import { optionalCell, requiredCell, type CsvRow } from '../table/csv-row.js';
import { readCsv } from '../table/read-csv.js';
import type { ListedImage } from './outcomes.js';

/** @throws {@link DataError} where an id could leave its folder */
function idCell(row: CsvRow, name: string): string {
  const id = requiredCell(row, name).trim();
  if (/^[\w-]+$/.test(id)) return id;
  throw new DataError(
    `${row.where}: ${name}: expected letters, digits and hyphens, got other characters; correct the row.`,
  );
}

/** `files/.../ID.dcm` as the path of the JPEG. @throws {@link DataError} where it could leave its folder */
function picturePathOf(row: CsvRow): string {
  const path = requiredCell(row, 'path').trim();
  if (path.startsWith('/') || /\\|:/.test(path) || path.split('/').includes('..'))
    throw new DataError(
      `${row.where}: path: expected one below the data set's folder, got another; correct the row.`,
    );
  return path.replaceAll('.dcm', '.jpg');
}

/**
 * The rows of a split list of Chest ImaGenome. Columns go by their names, so that a list with or without a column of row numbers is read.
 * @param file `splits/train.csv`, `valid.csv` or `test.csv`
 * @throws {@link DataError} with file and line for a row that cannot be used
 */
export async function* readSplitList(
  file: string,
  split: StudySplit,
  signal?: AbortSignal,
): AsyncGenerator<ListedImage> {
  const columns = ['subject_id', 'study_id', 'dicom_id', 'path'];
  for await (const row of readCsv(file, { columns, signal }))
    yield {
      split,
      where: row.where,
      subject: idCell(row, 'subject_id'),
      study: idCell(row, 'study_id'),
      image: idCell(row, 'dicom_id'),
      path: picturePathOf(row),
      view: optionalCell(row, 'ViewPosition').trim() || null,
    };
}

/** The images of `splits/images_to_avoid.csv`: those of the gold set, which none of the three splits may hold. */
export async function readImagesToAvoid(file: string, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const images = new Set<string>();
  for await (const row of readCsv(file, { columns: ['dicom_id'], signal }))
    images.add(requiredCell(row, 'dicom_id').trim());
  return images;
}
