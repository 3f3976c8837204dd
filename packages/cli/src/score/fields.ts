import { InputErrors } from '@crrg/core';

/** One item of a file. */
export interface Row {
  /** `FILE: line 3`, for messages. */
  readonly subject: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const keys = new Map<string, string>();

/** A field's name without case, blanks and marks: `Study ID`, `study_id` and `studyId` are one. */
export function fieldKey(name: string): string {
  let key = keys.get(name);
  if (key === undefined) keys.set(name, (key = name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')));
  return key;
}

/** The spelling in which a row has the first of the named fields that it has. */
export function findField(row: Row, names: readonly string[]): string | undefined {
  for (const name of names) {
    if (Object.hasOwn(row.fields, name)) return name;
    const key = fieldKey(name);
    for (const spelling in row.fields) if (fieldKey(spelling) === key) return spelling;
  }
  return undefined;
}

/** The first of the named fields that a row has, in any case and spelling. */
export function fieldOf(row: Row, names: readonly string[]): unknown {
  const spelling = findField(row, names);
  return spelling === undefined ? undefined : row.fields[spelling];
}

const LISTED = 12;

/**
 * Refuses a file none of whose rows has one of the named fields, once and not for every row, and one with two spellings of a field. The
 * spelling in the first row that has it.
 * @throws {@link InputErrors}
 */
export function requireField(
  file: string,
  rows: readonly Row[],
  names: readonly string[],
  advice: string,
): string {
  const row = rows.find((each) => findField(each, names) !== undefined);
  if (!row) {
    const found = Object.keys(rows[0]!.fields).slice(0, LISTED).join(', ');
    const message = `expected a field ${names.join(' or ')}, got ${found || 'none'}; ${advice}.`;
    throw new InputErrors([{ subject: file, message }]);
  }
  const spelling = findField(row, names)!;
  const same = Object.keys(row.fields).filter((name) => fieldKey(name) === fieldKey(spelling));
  if (same.length === 1) return spelling;
  const message = `expected one field ${fieldKey(spelling)}, got ${same.join(' and ')}; rename or remove one.`;
  throw new InputErrors([{ subject: row.subject, message }]);
}

/** A value as JSON for messages; what JSON cannot show is nested too deep. */
export function showValue(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return 'a value that is nested too deep';
  }
}
