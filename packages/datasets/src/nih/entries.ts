import { DataError } from '@crrg/core';
import {
  choiceCell,
  numberCell,
  optionalCell,
  requiredCell,
  type CsvRow,
  type Rows,
} from '../table/csv-row.js';

/** The findings of NIH ChestX-ray14, in the order of its paper. */
export const NIH_FINDINGS = [
  'Atelectasis',
  'Cardiomegaly',
  'Effusion',
  'Infiltration',
  'Mass',
  'Nodule',
  'Pneumonia',
  'Pneumothorax',
  'Consolidation',
  'Edema',
  'Emphysema',
  'Fibrosis',
  'Pleural_Thickening',
  'Hernia',
] as const;
/** One of {@link NIH_FINDINGS}. */
export type NihFinding = (typeof NIH_FINDINGS)[number];

/** Columns of both editions of the metadata that readers need. */
export const NIH_COLUMNS = [
  'Image Index',
  'Finding Labels',
  'Follow-up #',
  'Patient ID',
  'Patient Age',
  'Patient Gender',
  'View Position',
] as const;

/** What is known of one film of NIH ChestX-ray14. */
export interface NihEntry {
  /** `FILE: line 3`, for messages. */
  readonly where: string;
  /** File name, `00000001_000.png`. */
  readonly image: string;
  /** As listed; `No Finding` stands alone. */
  readonly labels: readonly string[];
  readonly followUp: number;
  readonly patient: number;
  /** Years, as the file has it: values above 120 occur, and say nothing. */
  readonly age: number;
  readonly sex: 'M' | 'F';
  readonly view: 'AP' | 'PA';
  /** Pixels of the film that the picture was made from; undefined where the file does not tell. */
  readonly original: { readonly width: number; readonly height: number } | undefined;
  /** Millimetres a pixel, across and down. */
  readonly spacing: readonly [number, number] | undefined;
}

/** Ages are `58`, or `058Y`, `006M`, `012D` in the older edition; months and days count as whole years. */
const AGE = /^(\d{1,3})([YMWD]?)$/;
const PER_YEAR: Readonly<Record<string, number>> = { '': 1, Y: 1, M: 12, W: 52, D: 365 };

/** @throws {@link DataError} for a text that is no age */
export function parseNihAge(text: string, where: string): number {
  const [, digits, unit = ''] = AGE.exec(text.trim()) ?? [];
  if (digits !== undefined) return Math.floor(Number(digits) / PER_YEAR[unit]!);
  throw new DataError(`${where}: expected an age such as 58 or 058Y, got another text; correct the row.`);
}

/** The name of a finding as the metadata has it; the list of boxes writes `Infiltrate`. */
export const nihFindingName = (name: string): string => (name === 'Infiltrate' ? 'Infiltration' : name);

const isLabel = (name: string) => name === 'No Finding' || (NIH_FINDINGS as readonly string[]).includes(name);

/** @throws {@link DataError} for a label that the data set does not have */
export function requireNihFinding(text: string, where: string): string {
  const name = nihFindingName(text.trim());
  if (isLabel(name)) return name;
  throw new DataError(
    `${where}: expected one of the 14 findings or No Finding, got another text of ${name.length} characters; correct the row.`,
  );
}

function labelsOf(row: CsvRow): string[] {
  const labels = requiredCell(row, 'Finding Labels').split('|');
  const names = labels.map((label) => requireNihFinding(label, row.where));
  if (names.includes('No Finding') && names.length > 1)
    throw new DataError(`${row.where}: expected No Finding alone, got findings beside it; correct the row.`);
  return names;
}

/** Two neighbouring columns, whose common header holds a comma and so takes two names. */
function pairOf(row: CsvRow, first: string, second: string): [number, number] | undefined {
  if (optionalCell(row, first) === '' || optionalCell(row, second) === '') return undefined;
  return [numberCell(row, first), numberCell(row, second)];
}

/** @throws {@link DataError} for a cell of another kind */
export function parseNihEntry(row: CsvRow): NihEntry {
  const size = pairOf(row, 'OriginalImage[Width', 'Height]');
  return {
    where: row.where,
    image: requiredCell(row, 'Image Index'),
    labels: labelsOf(row),
    followUp: numberCell(row, 'Follow-up #'),
    patient: numberCell(row, 'Patient ID'),
    age: parseNihAge(requiredCell(row, 'Patient Age'), row.where),
    sex: choiceCell(row, 'Patient Gender', ['M', 'F']),
    view: choiceCell(row, 'View Position', ['AP', 'PA']),
    original: size && { width: size[0], height: size[1] },
    spacing: pairOf(row, 'OriginalImagePixelSpacing[x', 'y]'),
  };
}

/**
 * The films of `Data_Entry_2017_v2020.csv` or of the older `Data_Entry_2017.csv`, in the order of the file.
 *
 * Source: docs/reference/datasets.md#nih-chestx-ray14.
 * @throws {@link DataError} for a cell of another kind, or an image listed twice
 */
export async function* readNihEntries(rows: Rows): AsyncGenerator<NihEntry> {
  const seen = new Map<string, string>();
  for await (const row of rows) {
    const entry = parseNihEntry(row);
    const earlier = seen.get(entry.image);
    if (earlier !== undefined)
      throw new DataError(`${row.where}: expected each image once, got that of ${earlier}; remove one row.`);
    seen.set(entry.image, row.where);
    yield entry;
  }
}
