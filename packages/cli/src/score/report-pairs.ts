import { createProblemList, InputErrors, type ProblemList } from '../input-errors.js';
import { fieldOf, readRows, requireField, type Row } from './rows.js';

/** Candidates and their references in one order. */
export interface ReportPairs {
  readonly candidates: readonly string[];
  readonly references: readonly (readonly string[])[];
  /** Where each candidate came from, for messages. */
  readonly subjects: readonly string[];
  /** Identifiers where both files have them. */
  readonly ids?: readonly string[] | undefined;
  /** References without a candidate, left out. */
  readonly numUnmatched: number;
}

/** Which files, and which field holds the text. */
export interface ReportFiles {
  readonly candidates: string;
  readonly references: string;
  readonly textField?: string | undefined;
}

const CANDIDATE_FIELDS = ['candidate', 'text', 'report'];
const REFERENCE_FIELDS = ['references', 'reference', 'text', 'report'];
const ID_FIELDS = ['id', 'study', 'uid'];

/** The identifier of a row; for reports of `crrg report`, the name of the picture. */
function idOf(row: Row): string | undefined {
  const id = fieldOf(row, ID_FIELDS) ?? (row.fields['input'] as { file?: unknown } | null | undefined)?.file;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

function candidateOf(row: Row, names: readonly string[], problems: ProblemList): string {
  const value = fieldOf(row, names);
  if (typeof value === 'string') return value;
  problems.add(
    row.subject,
    `expected a text in ${names.join(' or ')}, got ${show(value)}; --text-field names another field.`,
  );
  return '';
}

function referencesOf(row: Row, names: readonly string[], problems: ProblemList): string[] {
  const value = fieldOf(row, names);
  const texts = Array.isArray(value) ? (value as unknown[]) : [value];
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
  return typeof value === 'string' ? 'an empty text' : (JSON.stringify(value) ?? typeof value).slice(0, 40);
}

/** Rows by identifier; `undefined` where a row has none. */
function indexRows(rows: readonly Row[], problems: ProblemList): Map<string, Row> | undefined {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    const id = idOf(row);
    if (id === undefined) return undefined;
    const other = byId.get(id);
    if (other)
      problems.add(row.subject, `expected an identifier of its own, got ${id}, which ${other.subject} has.`);
    byId.set(id, row);
  }
  return byId;
}

function pairRows(candidates: readonly Row[], references: readonly Row[], files: ReportFiles) {
  const problems = createProblemList();
  const referenceById = indexRows(references, problems);
  const candidateById = referenceById && indexRows(candidates, problems);
  problems.check();
  if (!referenceById || !candidateById) {
    if (candidates.length === references.length)
      return { pairs: candidates.map((row, at) => [row, references[at]!] as const) };
    const message = `expected as many items as ${files.candidates}, ${candidates.length}, got ${references.length}; give both an id, or the same number.`;
    throw new InputErrors([{ subject: files.references, message }]);
  }
  const pairs = [...candidateById].flatMap(([id, row]) => {
    const reference = referenceById.get(id);
    if (!reference)
      problems.add(
        row.subject,
        `expected a reference with the identifier ${id} in ${files.references}, got none.`,
      );
    return reference ? [[row, reference] as const] : [];
  });
  problems.check();
  return { pairs, ids: [...candidateById.keys()] };
}

/**
 * Reads candidates and references and pairs them: by identifier where every row of both files has one, else by order. References without a
 * candidate are left out and counted; a candidate without a reference is a problem.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function readReportPairs(files: ReportFiles): Promise<ReportPairs> {
  const [candidateRows, referenceRows] = [await readRows(files.candidates), await readRows(files.references)];
  const candidateFields = files.textField === undefined ? CANDIDATE_FIELDS : [files.textField];
  const referenceFields = files.textField === undefined ? REFERENCE_FIELDS : [files.textField];
  const advice = '--text-field names another one';
  requireField(files.candidates, candidateRows, candidateFields, advice);
  requireField(files.references, referenceRows, referenceFields, advice);
  const { pairs, ids } = pairRows(candidateRows, referenceRows, files);
  const problems = createProblemList();
  const candidates = pairs.map(([row]) => candidateOf(row, candidateFields, problems));
  const references = pairs.map(([, row]) => referencesOf(row, referenceFields, problems));
  problems.check();
  return {
    candidates,
    references,
    ids,
    subjects: pairs.map(([row]) => row.subject),
    numUnmatched: referenceRows.length - pairs.length,
  };
}
