import { createProblemList, InputErrors, type ProblemList } from '@crrg/core';
import { readDecodedText } from '@crrg/core/node';
import { findSeparator, rowsOfCsv } from './csv.js';
import { fieldKey, type Row } from './fields.js';
import { parseJson, rowsOfJsonLines, rowsOfList } from './json.js';

/** The items of a file and what its reader should know about how it was read. */
export interface RowFile {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** How to read a file of items. */
export interface RowOptions {
  /** Fields that are looked for: they tell which separator a table has, and whether a `.txt` is one. */
  readonly knownFields: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

type Format = 'jsonl' | 'json' | 'csv' | 'tsv' | 'text';

const EXTENSIONS: ReadonlyMap<string, Format> = new Map([
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['json', 'json'],
  ['csv', 'csv'],
  ['tsv', 'tsv'],
]);

const firstLineOf = (text: string) => /[^\r\n]*/.exec(text)![0].trim();
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsesAs(text: string, test: (value: unknown) => boolean): boolean {
  const parsed = parseJson(text);
  return 'value' in parsed && test(parsed.value);
}

/** A header line with a known field in a file whose name does not say that it is a table. */
function looksLikeTable(line: string, knownFields: readonly string[]): boolean {
  const cells = line.split(findSeparator(line, knownFields, false));
  const known = new Set(knownFields.map(fieldKey));
  return cells.length > 1 && cells.some((cell) => known.has(fieldKey(cell)));
}

/** The format by content; by the extension where the content tells nothing. */
function formatOf(file: string, text: string, { knownFields }: RowOptions): Format {
  const named = EXTENSIONS.get(/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '') ?? 'text';
  const start = text.trimStart();
  const firstLine = firstLineOf(start);
  if (start.startsWith('{') && parsesAs(firstLine, isObject)) return 'jsonl';
  const isJson = named === 'json' || named === 'jsonl';
  if (start.startsWith('[') && (named === 'json' || parsesAs(start, Array.isArray))) return 'json';
  if (isJson) return start.startsWith('{') && parsesAs(start, isObject) ? 'json' : named;
  if (start.startsWith('{') && parsesAs(start, isObject)) return 'json';
  return named === 'text' && looksLikeTable(firstLine, knownFields) ? 'csv' : named;
}

/** A JSON list, or one object with a known field. */
function rowsOfJson(file: string, text: string, { knownFields }: RowOptions, problems: ProblemList): Row[] {
  const parsed = parseJson(text);
  if ('value' in parsed) {
    const { value } = parsed;
    if (Array.isArray(value)) return rowsOfList(file, value, problems);
    const known = new Set(knownFields.map(fieldKey));
    if (isObject(value) && Object.keys(value as object).some((name) => known.has(fieldKey(name))))
      return rowsOfList(file, [value], problems);
  }
  const got = 'message' in parsed ? parsed.message : 'another value';
  problems.add(file, `expected a JSON list, got ${got}; list the items.`);
  return [];
}

function rowsOfText(file: string, text: string, { knownFields }: RowOptions, problems: ProblemList): Row[] {
  const lines = text.split(/\r\n?|\n/);
  if (lines.at(-1) === '') lines.pop();
  const known = new Set(knownFields.map(fieldKey));
  if (known.has(fieldKey(lines[0]!)))
    problems.add(
      `${file}: line 1`,
      `expected a text, got "${lines[0]!.trim()}", which looks like the name of a column; name the file .csv, or take the line out.`,
    );
  return lines.map((line, index) => ({ subject: `${file}: line ${index + 1}`, fields: { text: line } }));
}

/**
 * The items of a file: JSON Lines (an object or text a line), a JSON list, CSV or TSV with a header line, else plain text, one item a
 * line. The content tells which; the extension where it does not.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function readRows(file: string, options: RowOptions): Promise<RowFile> {
  const problems = createProblemList();
  const { text, notes } = await readDecodedText(file);
  const format = text.trim() === '' ? 'empty' : formatOf(file, text, options);
  const rows = format === 'empty' ? [] : await rowsAs(format, file, text, options, problems);
  problems.check();
  if (rows.length > 0) return { rows, notes };
  throw new InputErrors([
    { subject: file, message: 'expected at least one item, got none; check the file.' },
  ]);
}

async function rowsAs(
  format: Format,
  file: string,
  text: string,
  options: RowOptions,
  problems: ProblemList,
): Promise<Row[]> {
  if (format === 'jsonl') return rowsOfJsonLines(file, text, options.signal, problems);
  if (format === 'json') return rowsOfJson(file, text, options, problems);
  if (format === 'text') return rowsOfText(file, text, options, problems);
  const csv = { knownFields: options.knownFields, isTsv: format === 'tsv', signal: options.signal };
  return rowsOfCsv(file, text, csv, problems);
}
