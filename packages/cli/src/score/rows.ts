import { CsvError, parseCsv } from './csv.js';
import { createProblemList, InputErrors, readInputText, type ProblemList } from '../input-errors.js';

/** One item of a file. */
export interface Row {
  /** `FILE: line 3`, for messages. */
  readonly subject: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function parseJson(text: string): { value: unknown } | { message: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

/** A text alone counts as an item with the field `text`. */
function toFields(value: unknown): Row['fields'] | undefined {
  if (typeof value === 'string') return { text: value };
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Row['fields'])
    : undefined;
}

function rowsOfJson(file: string, text: string, problems: ProblemList): Row[] {
  const parsed = parseJson(text);
  if ('message' in parsed || !Array.isArray(parsed.value)) {
    problems.add(
      file,
      `expected a JSON list, got ${'message' in parsed ? parsed.message : 'another value'}; list the items.`,
    );
    return [];
  }
  return parsed.value.flatMap((value: unknown, index) => {
    const subject = `${file}: item ${index + 1}`;
    const fields = toFields(value);
    if (!fields) problems.add(subject, 'expected an object or a text; write one for each item.');
    return fields ? [{ subject, fields }] : [];
  });
}

function rowsOfJsonLines(file: string, text: string, problems: ProblemList): Row[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const subject = `${file}: line ${index + 1}`;
    const parsed = parseJson(line);
    const fields = 'value' in parsed ? toFields(parsed.value) : undefined;
    if (!fields)
      problems.add(
        subject,
        `expected a JSON object, got ${'message' in parsed ? parsed.message : 'another value'}; write one in each line.`,
      );
    return fields ? [{ subject, fields }] : [];
  });
}

function rowsOfCsv(file: string, text: string, separator: string, problems: ProblemList): Row[] {
  const [header, ...records] = parseCsv(text, separator);
  if (!header) return [];
  const names = header.cells.map((name) => name.trim());
  return records.flatMap(({ line, cells }) => {
    const subject = `${file}: line ${line}`;
    if (cells.length === names.length)
      return [{ subject, fields: Object.fromEntries(names.map((name, at) => [name, cells[at]])) }];
    problems.add(
      subject,
      `expected ${names.length} cells, got ${cells.length}; quote cells that hold a separator.`,
    );
    return [];
  });
}

function rowsOfText(file: string, text: string): Row[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => ({ subject: `${file}: line ${index + 1}`, fields: { text: line } }));
}

/**
 * The items of a file: `.jsonl` and `.ndjson` (an object or text a line), `.json` (a list), `.csv` and `.tsv` (with a header line), else
 * plain text, one item a line.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function readRows(file: string): Promise<Row[]> {
  const problems = createProblemList();
  const rows = rowsOf(file, await readInputText(file), problems);
  problems.check();
  if (rows.length === 0)
    throw new InputErrors([
      { subject: file, message: 'expected at least one item, got none; check the file.' },
    ]);
  return rows;
}

function rowsOf(file: string, text: string, problems: ProblemList): Row[] {
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  try {
    if (extension === 'jsonl' || extension === 'ndjson') return rowsOfJsonLines(file, text, problems);
    if (extension === 'json') return rowsOfJson(file, text, problems);
    if (extension === 'csv') return rowsOfCsv(file, text, ',', problems);
    if (extension === 'tsv') return rowsOfCsv(file, text, '\t', problems);
    return rowsOfText(file, text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputErrors([{ subject: `${file}: line ${error.line}`, message: error.message }]);
  }
}

/** The first of the named fields that a row has. */
export function fieldOf(row: Row, names: readonly string[]): unknown {
  const name = names.find((each) => Object.hasOwn(row.fields, each));
  return name === undefined ? undefined : row.fields[name];
}

/**
 * Refuses a file none of whose rows has one of the named fields, once and not for every row.
 * @throws {@link InputErrors}
 */
export function requireField(
  file: string,
  rows: readonly Row[],
  names: readonly string[],
  advice: string,
): void {
  if (rows.some((row) => names.some((name) => Object.hasOwn(row.fields, name)))) return;
  const found = Object.keys(rows[0]!.fields).slice(0, 12).join(', ');
  const message = `expected a field ${names.join(' or ')}, got ${found || 'none'}; ${advice}.`;
  throw new InputErrors([{ subject: file, message }]);
}
