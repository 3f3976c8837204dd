import { createProblemList, InputErrors, type ProblemList } from '@crrg/core';
import { createBreath } from '../breath.js';
import { fieldOf, requireField, showValue, type Row } from './fields.js';
import { checkOtherIds, chooseIdFields, createIdAdvice, findIdFields, ID_FIELDS, indexRows } from './ids.js';
import { parseListCell } from './list-cell.js';
import { patientsOf, requirePatients, type Patients } from './patients.js';
import { readRows } from './rows.js';

/** Candidates and their references in one order. */
export interface ReportPairs {
  readonly candidates: readonly string[];
  readonly references: readonly (readonly string[])[];
  /** Where each candidate came from, for messages. */
  readonly subjects: readonly string[];
  /** Identifiers where pairs were made by them. */
  readonly ids?: readonly string[] | undefined;
  /** `order`, or `id (study_id)` with the field's name. */
  readonly pairedBy: string;
  /** Where the texts came from. */
  readonly textFields: { readonly candidates: string; readonly references: string };
  /** References without a candidate, left out. */
  readonly numUnmatched: number;
  /** Whose report each is, where a file says so. */
  readonly patients?: Patients | undefined;
  /** What was assumed when the files were read, with the file's name. */
  readonly notes: readonly string[];
}

/** Which files, and which fields hold text and identifier. */
export interface ReportFiles {
  readonly candidates: string;
  readonly references: string;
  readonly textField?: string | undefined;
  readonly idField?: string | undefined;
  /** Field that names the patient. @defaultValue one of {@link PATIENT_FIELDS} where there is one */
  readonly patientField?: string | undefined;
  /** Pairs by order although there are identifiers. @defaultValue false */
  readonly byOrder?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CANDIDATE_FIELDS = ['candidate', 'text', 'report'];
const REFERENCE_FIELDS = ['references', 'reference', 'text', 'report'];

/** Rows of two files that belong together, in the order of the candidates. */
export type Paired = Pick<ReportPairs, 'ids' | 'pairedBy'> & {
  readonly pairs: readonly (readonly [candidate: Row, reference: Row])[];
};
/** What {@link pairRows} asks of the files. */
export type PairedFiles = Pick<ReportFiles, 'candidates' | 'references' | 'idField' | 'byOrder' | 'signal'>;

function candidateOf(row: Row, names: readonly string[], problems: ProblemList): string {
  const value = fieldOf(row, names);
  if (typeof value !== 'string') {
    problems.add(
      row.subject,
      `expected a text in ${names.join(' or ')}, got ${show(value)}; --text-field names another field.`,
    );
    return '';
  }
  const list = parseListCell(value);
  if (list === undefined) return value;
  if (list !== 'damaged' && list.length === 1) return list[0]!;
  problems.add(row.subject, 'expected one text, got a list in a cell; write the text alone.');
  return '';
}

/** The texts of a value: a list, a text, or a text that holds a list. */
function textsOf(value: unknown): readonly unknown[] | 'damaged' {
  if (Array.isArray(value)) return value as readonly unknown[];
  return typeof value === 'string' ? (parseListCell(value) ?? [value]) : [value];
}

function referencesOf(row: Row, names: readonly string[], problems: ProblemList): string[] {
  const texts = textsOf(fieldOf(row, names));
  if (texts === 'damaged') {
    problems.add(
      row.subject,
      'expected a text or a list of texts, got a list in a cell that is neither JSON nor Python; write ["...", "..."].',
    );
    return [];
  }
  if (texts.length > 0 && texts.every((text) => typeof text === 'string' && text.trim() !== ''))
    return texts as string[];
  const got =
    texts.length === 0
      ? 'an empty list'
      : show(texts.find((text) => typeof text !== 'string' || text.trim() === ''));
  problems.add(
    row.subject,
    `expected a reference text in ${names.join(' or ')}, got ${got}; leave the item out of both files.`,
  );
  return [];
}

function show(value: unknown): string {
  if (value === undefined) return 'no such field';
  return typeof value === 'string' ? 'an empty text' : showValue(value).slice(0, 40);
}

function pairByOrder(candidates: readonly Row[], references: readonly Row[], files: PairedFiles): Paired {
  if (candidates.length === references.length)
    return { pairs: candidates.map((row, at) => [row, references[at]!] as const), pairedBy: 'order' };
  const message = `expected as many items as ${files.candidates}, ${candidates.length}, got ${references.length}; give both an id, or the same number.`;
  throw new InputErrors([{ subject: files.references, message }]);
}

/** One file has identifiers and the other has not, or not the one that was asked for. */
function refuseOneSided(files: PairedFiles, hasCandidates: boolean, name: string): never {
  const [has, lacks] = hasCandidates
    ? [files.candidates, files.references]
    : [files.references, files.candidates];
  const message = `expected identifiers as in ${has} (${name}), got none; add them, name them with --id-field, or pair with --by-order.`;
  throw new InputErrors([{ subject: lacks, message }]);
}

/**
 * Pairs rows by identifier where they have one, else by order.
 * @throws {@link InputErrors} for a candidate without a reference, and identifiers that are not in every row
 */
export async function pairRows(
  candidates: readonly Row[],
  references: readonly Row[],
  files: PairedFiles,
): Promise<Paired> {
  if (files.byOrder) return pairByOrder(candidates, references, files);
  const [ours, theirs] = [candidates, references].map((rows) => findIdFields(rows, files.idField)) as [
    ReturnType<typeof findIdFields>,
    ReturnType<typeof findIdFields>,
  ];
  if (files.idField !== undefined)
    for (const [file, rows] of [
      [files.candidates, candidates],
      [files.references, references],
    ] as const)
      requireField(file, rows, [files.idField], '--id-field names another one');
  const fields = chooseIdFields(ours, theirs);
  if (!fields) {
    const lone = ours[0] ?? theirs[0];
    return lone
      ? refuseOneSided(files, ours.length > 0, lone.name)
      : pairByOrder(candidates, references, files);
  }
  const problems = createProblemList();
  const referenceById = await indexRows(references, fields[1], files.signal, problems);
  const candidateById = await indexRows(candidates, fields[0], files.signal, problems);
  problems.check();
  const advice = createIdAdvice(referenceById.keys());
  const pairs = [...candidateById].flatMap(([id, row]) => {
    const reference = referenceById.get(id);
    if (!reference)
      problems.add(
        row.subject,
        `expected a reference with the identifier ${id} in ${files.references}, got none.${advice(id)}`,
      );
    return reference ? [[row, reference] as const] : [];
  });
  problems.check();
  checkOtherIds(pairs, fields[0], ours, theirs);
  const names = [...new Set(fields.map(({ name }) => name))];
  return { pairs, ids: [...candidateById.keys()], pairedBy: `id (${names.join(', ')})` };
}

/**
 * Reads candidates and references and pairs them: by identifier where the rows have one, else by order. References without a candidate
 * are left out and counted; a candidate without a reference is a problem, and so are identifiers in some rows or in one file only.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function readReportPairs(files: ReportFiles): Promise<ReportPairs> {
  const { signal, textField, idField, patientField } = files;
  const candidateFields = textField === undefined ? CANDIDATE_FIELDS : [textField];
  const referenceFields = textField === undefined ? REFERENCE_FIELDS : [textField];
  const ids = idField === undefined ? ID_FIELDS : [idField];
  const ours = await readRows(files.candidates, { knownFields: [...candidateFields, ...ids], signal });
  const theirs = await readRows(files.references, { knownFields: [...referenceFields, ...ids], signal });
  const advice = '--text-field names another one';
  const textFields = {
    candidates: requireField(files.candidates, ours.rows, candidateFields, advice),
    references: requireField(files.references, theirs.rows, referenceFields, advice),
  };
  requirePatients(files.references, [...theirs.rows, ...ours.rows], patientField);
  const { pairs, ...paired } = await pairRows(ours.rows, theirs.rows, files);
  const problems = createProblemList();
  const breath = createBreath(signal);
  const candidates: string[] = [];
  const references: string[][] = [];
  for (const [candidate, reference] of pairs) {
    if (breath.isDue()) await breath.take();
    candidates.push(candidateOf(candidate, candidateFields, problems));
    references.push(referencesOf(reference, referenceFields, problems));
  }
  problems.check();
  const named = (file: string, notes: readonly string[]) => notes.map((note) => `${file}: ${note}`);
  return {
    ...paired,
    textFields,
    candidates,
    references,
    subjects: pairs.map(([row]) => row.subject),
    numUnmatched: theirs.rows.length - pairs.length,
    patients: patientsOf(pairs, patientField),
    notes: [...named(files.candidates, ours.notes), ...named(files.references, theirs.notes)],
  };
}
