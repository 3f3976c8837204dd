import { fieldOf, findField, requireField, type Row } from './fields.js';

/** Fields that say whose report it is, in any case and spelling. */
export const PATIENT_FIELDS = ['patient', 'patient_id', 'subject_id', 'subject'];

/** Whose report each is. */
export interface Patients {
  /** The field that says so. */
  readonly field: string;
  /** In the order of the items; `undefined` where it is not said, for a patient of its own. */
  readonly names: readonly (string | undefined)[];
}

function nameOf(row: Row, fields: readonly string[]): string | undefined {
  const value = fieldOf(row, fields);
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).trim() || undefined;
}

/**
 * Refuses rows none of which has the field that was asked for.
 * @throws `InputErrors`
 */
export function requirePatients(file: string, rows: readonly Row[], field: string | undefined): void {
  if (field !== undefined) requireField(file, rows, [field], '--patient-field names another one');
}

/** Patients of items that have one row or several each; a later row of an item is asked first. `undefined` where no row names one. */
export function patientsOf(
  items: readonly (readonly Row[])[],
  field: string | undefined,
): Patients | undefined {
  const fields = field === undefined ? PATIENT_FIELDS : [field];
  const names = items.map((rows) => {
    for (const row of [...rows].reverse()) {
      const name = nameOf(row, fields);
      if (name !== undefined) return name;
    }
    return undefined;
  });
  const named = items.findIndex((_, at) => names[at] !== undefined);
  if (named < 0) return undefined;
  const spelling = [...items[named]!].reverse().map((row) => findField(row, fields));
  return { field: spelling.find((each) => each !== undefined)!, names };
}
