import { formatPythonFloat } from '../python/index.js';
import { formatPandasCsv } from '../table/write-csv.js';
import type { NihEntry } from './entries.js';

const COLUMNS = [
  'Patient ID',
  'Image Index',
  'Finding Labels',
  'Follow-up #',
  'Patient Age',
  'Patient Gender',
  'View Position',
  'OriginalImage[Width',
  'Height]',
  'OriginalImagePixelSpacing[x',
  'y]',
] as const;

function cellsOf({ original, spacing, ...entry }: NihEntry): string[] {
  return [
    String(entry.patient),
    entry.image,
    entry.labels.join('|'),
    String(entry.followUp),
    String(entry.age),
    entry.sex,
    entry.view,
    original ? String(original.width) : '',
    original ? String(original.height) : '',
    spacing ? formatPythonFloat(spacing[0]) : '',
    spacing ? formatPythonFloat(spacing[1]) : '',
  ];
}

/** The table `chest14_train.csv` or `chest14_valid.csv` of CXR-CLIP. */
export function formatNihTable(entries: readonly NihEntry[]): string {
  return formatPandasCsv(
    COLUMNS,
    entries.map((entry, index) => ({ index, cells: cellsOf(entry) })),
  );
}
