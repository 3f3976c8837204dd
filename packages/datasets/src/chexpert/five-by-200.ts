import { DataError } from '@crrg/core';
import { optionalCell, requiredCell, type CsvRow } from '../table/csv-row.js';

/** The classes of CheXpert 5x200. */
export const FIVE_BY_200_LABELS = [
  'Atelectasis',
  'Cardiomegaly',
  'Consolidation',
  'Edema',
  'Pleural Effusion',
] as const;

/** Columns of `chexpert_5x200.csv` that readers need. */
export const FIVE_BY_200_COLUMNS = ['Path', ...FIVE_BY_200_LABELS, 'Report Impression'] as const;

/** One film of CheXpert 5x200. */
export interface FiveBy200Record {
  readonly image: string;
  readonly text: string;
  readonly label: (typeof FIVE_BY_200_LABELS)[number];
  readonly labelIndex: number;
}

/**
 * The last class that is 1 counts.
 * @throws {@link DataError} where none is
 */
export function parseFiveBy200Record(row: CsvRow): FiveBy200Record {
  const label = FIVE_BY_200_LABELS.findLast((name) => Number(optionalCell(row, name).trim() || NaN) === 1);
  if (label === undefined)
    throw new DataError(`${row.where}: expected 1 for one of five classes, got none; correct the row.`);
  return {
    image: requiredCell(row, 'Path'),
    text: optionalCell(row, 'Report Impression'),
    label,
    labelIndex: FIVE_BY_200_LABELS.indexOf(label),
  };
}
