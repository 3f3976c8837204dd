import { InputErrors, type ProblemList } from '@crrg/core';
import { createBreath } from '../breath.js';
import { FILM_EXTENSIONS } from '../film-extensions.js';
import { fieldKey, fieldOf, findField, type Row } from './fields.js';

/** Fields that identify a report, the most specific first; in any case and spelling. */
export const ID_FIELDS = [
  'id',
  'report_id',
  'dicom_id',
  'sop_instance_uid',
  'image_id',
  'study_id',
  'study_uid',
  'study_instance_uid',
  'study',
  'accession',
  'accession_number',
  'exam_id',
  'case_id',
  'sample_id',
  'item_id',
  'doc_id',
  'uid',
  'uuid',
  'image',
  'image_path',
  'image_file',
  'img_path',
  'file',
  'file_name',
  'path',
  'subject_id',
  'patient_id',
  'patient',
] as const;

/** Fields that may well differ between two files of the same reports, because they say where something lies. */
const PLACES = new Set(['image', 'imagepath', 'imagefile', 'imgpath', 'file', 'filename', 'path']);
/** What `crrg report` writes: the picture's name in `input`. */
const PICTURE = 'input.file';

/** A field that identifies the rows of one file. */
export interface IdField {
  readonly name: string;
  readonly idOf: (row: Row) => string | undefined;
}

/** An identifier as text without blanks around it; `undefined` where there is none. */
function toId(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  return text === '' ? undefined : text;
}

function fieldNamed(rows: readonly Row[], name: string): IdField | undefined {
  const idOf = (row: Row) => toId(fieldOf(row, [name]));
  const row = rows.find((each) => idOf(each) !== undefined);
  return row && { name: findField(row, [name])!, idOf };
}

function filmField(rows: readonly Row[]): IdField | undefined {
  const idOf = (row: Row) => toId((row.fields['input'] as { file?: unknown } | null | undefined)?.file);
  return rows.some((row) => idOf(row) !== undefined) ? { name: PICTURE, idOf } : undefined;
}

/** The fields that identify rows of a file, in the order of {@link ID_FIELDS}, the picture's name last. */
export function findIdFields(rows: readonly Row[], idField: string | undefined): IdField[] {
  if (idField !== undefined) return [fieldNamed(rows, idField)].flatMap((field) => field ?? []);
  const keys = new Set<string>();
  for (const { fields } of rows) for (const name in fields) keys.add(fieldKey(name));
  const present = ID_FIELDS.filter((name) => keys.has(fieldKey(name)));
  const fields = present.map((name) => fieldNamed(rows, name));
  return [...fields, filmField(rows)].flatMap((field) => field ?? []);
}

/** The fields to pair by: the first that both files have, else the first of each. */
export function chooseIdFields(
  candidates: readonly IdField[],
  references: readonly IdField[],
): readonly [candidate: IdField, reference: IdField] | undefined {
  for (const candidate of candidates) {
    const reference = references.find(({ name }) => fieldKey(name) === fieldKey(candidate.name));
    if (reference) return [candidate, reference];
  }
  const [candidate, reference] = [candidates[0], references[0]];
  return candidate && reference ? [candidate, reference] : undefined;
}

/** Rows by identifier; a row without one, or with another row's, is a problem. */
export async function indexRows(
  rows: readonly Row[],
  { name, idOf }: IdField,
  signal: AbortSignal | undefined,
  problems: ProblemList,
): Promise<Map<string, Row>> {
  const byId = new Map<string, Row>();
  const breath = createBreath(signal);
  for (const row of rows) {
    if (breath.isDue()) await breath.take();
    const id = idOf(row);
    const other = id === undefined ? undefined : byId.get(id);
    if (id === undefined)
      problems.add(
        row.subject,
        `expected an identifier in ${name}, which other rows have, got none; fill it in, or pair with --by-order.`,
      );
    else if (other)
      problems.add(
        row.subject,
        `expected an identifier of its own in ${name}, got ${id}, which ${other.subject} has; --id-field names another field, --by-order pairs without.`,
      );
    else byId.set(id, row);
  }
  return byId;
}

const FILM_FILE = new RegExp(`\\.(?:${FILM_EXTENSIONS.join('|')})$`);

/** An identifier without what spreadsheets and data frames change: case, leading zeros, `.0`, a picture's folder and extension. */
function simplified(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*[\\/]/, '')
    .replace(FILM_FILE, '')
    .replace(/^0+(?=\d)/, '')
    .replace(/\.0+$/, '');
}

/** Says which identifier was perhaps meant. */
export function createIdAdvice(ids: Iterable<string>): (id: string) => string {
  let bySimple: Map<string, string> | undefined;
  return (id) => {
    bySimple ??= new Map(Array.from(ids, (each) => [simplified(each), each]));
    const near = bySimple.get(simplified(id));
    return near === undefined ? '' : ` There is ${near}: write both the same way.`;
  };
}

/**
 * Refuses pairs whose other identifiers contradict the one that they were paired by, such as a row number beside a study.
 * @throws {@link InputErrors}
 */
export function checkOtherIds(
  pairs: readonly (readonly [Row, Row])[],
  pairedBy: IdField,
  candidates: readonly IdField[],
  references: readonly IdField[],
): void {
  for (const candidate of candidates) {
    const key = fieldKey(candidate.name);
    const reference = references.find(({ name }) => fieldKey(name) === key);
    if (!reference || PLACES.has(key) || key === fieldKey(pairedBy.name)) continue;
    const differing = pairs.find(([row, other]) => {
      const [ours, theirs] = [candidate.idOf(row), reference.idOf(other)];
      return ours !== undefined && theirs !== undefined && ours !== theirs;
    });
    if (!differing) continue;
    const [row, other] = differing;
    const message = `expected the same ${candidate.name} as ${other.subject}, which has the same ${pairedBy.name}, got ${candidate.idOf(row)} and ${reference.idOf(other)}; say with --id-field which one to pair by.`;
    throw new InputErrors([{ subject: row.subject, message }]);
  }
}
