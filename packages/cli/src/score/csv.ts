import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputErrors, type ProblemList } from '@crrg/core';
import { CsvError as ParserError, parse, type Info } from 'csv-parse';
import { createBreath, type Breath } from '../breath.js';
import { fieldKey, type Row } from './fields.js';

/** A record of a CSV file and the line that it begins on, from 1. */
interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
  /** Nothing is on its line, not even quotes. */
  readonly isBlank: boolean;
}

/** What stands between the cells of a line. */
export const SEPARATORS = [',', ';', '\t', '|'] as const;

const BLOCK = 1 << 14;

/** The text in pieces, so that signals are heard in between; streams alone do not let them in. */
async function* blocksOf(bytes: Buffer, breath: Breath): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    yield bytes.subarray(at, at + BLOCK);
    await breath.take();
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'expected a closing quote, got the end of the file; close the quote that opens here.',
  CSV_INVALID_CLOSING_QUOTE:
    'expected a separator after a closing quote; double the quotes inside a quoted cell.',
  INVALID_OPENING_QUOTE:
    'expected quotes around the whole cell, got one inside; quote the cell and double the quotes inside it.',
};

/** Records as they are, empty ones included. @throws {@link InputErrors} for quotes that are not closed or out of place */
async function readRecords(
  file: string,
  text: string,
  delimiter: string,
  firstLine: number,
  signal: AbortSignal | undefined,
): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  let line = firstLine;
  /** Called while the text is parsed, so that `line` is where an unfinished record begins. */
  const collect = ({ record, info, raw }: { record: string[]; info: Info; raw: string }) => {
    records.push({ line, cells: record, isBlank: record.length === 1 && raw.trim() === '' });
    line = firstLine + info.lines;
    return null;
  };
  const parser = parse({
    delimiter,
    info: true,
    raw: true,
    relax_column_count: true,
    on_record: collect as never,
  });
  try {
    const blocks = blocksOf(Buffer.from(text), createBreath(signal));
    await pipeline(blocks, parser, new Writable({ objectMode: true }), { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ParserError)) throw error;
    const subject = `${file}: line ${line}`;
    throw new InputErrors([{ subject, message: ADVICE[error.code] ?? `${error.message}.` }]);
  }
  return records;
}

/** The first line with its quoted parts blanked, for counting separators. */
const withoutQuotes = (line: string) => line.replace(/"[^"]*"/g, '""');

/**
 * The separator by the header line: the one that gives a known field, else the one that is there most often; the extension only where
 * that tells nothing.
 */
export function findSeparator(header: string, knownFields: readonly string[], isTsv: boolean): string {
  const known = new Set(knownFields.map(fieldKey));
  const scored = SEPARATORS.map((separator) => {
    const cells = header.split(separator);
    const hits = cells.filter((cell) => known.has(fieldKey(cell))).length;
    return {
      separator,
      hits: cells.length > 1 ? hits : 0,
      count: withoutQuotes(header).split(separator).length,
    };
  });
  const best = scored.reduce((a, b) => (b.hits > a.hits || (b.hits === a.hits && b.count > a.count) ? b : a));
  return best.count > 1 ? best.separator : isTsv ? '\t' : ',';
}

const isEmpty = ({ cells }: CsvRecord) => cells.every((cell) => cell.trim() === '');

/** Drops what Excel leaves behind the table: empty lines, and lines of separators alone. */
function dropTrailing(records: CsvRecord[], isOneColumn: boolean): CsvRecord[] {
  let end = records.length;
  while (end > 0 && (isOneColumn ? records[end - 1]!.isBlank : isEmpty(records[end - 1]!))) end -= 1;
  return records.slice(0, end);
}

/** Names of the columns; the empty ones at the end and pandas' index in front have none. */
function checkHeader(subject: string, names: readonly string[], problems: ProblemList): void {
  const named = names.filter((name) => name !== '');
  const seen = new Set<string>();
  const twice = named.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    problems.add(subject, `expected each column once, got "${twice}" twice; rename or remove one.`);
  const lastNamed = names.findLastIndex((name) => name !== '');
  const gap = names.findIndex((name, at) => at > 0 && at < lastNamed && name === '');
  if (gap > 0) problems.add(subject, `expected a name for column ${gap + 1}, got none; name it.`);
}

function fieldsOf(names: readonly string[], { cells }: CsvRecord): Row['fields'] {
  return Object.fromEntries(names.flatMap((name, at) => (name === '' ? [] : [[name, cells[at]]])));
}

/** Why a record does not fit the header. */
function misfit(names: readonly string[], { cells, isBlank }: CsvRecord): string | undefined {
  if (isBlank) return 'expected a cell, got an empty line; write "" for an empty text, or take the line out.';
  const numNamed = names.findLastIndex((name) => name !== '') + 1;
  const extra = cells.findIndex((cell, at) => at >= numNamed && cell.trim() !== '');
  const got = extra < 0 ? Math.min(cells.length, numNamed) : cells.length;
  return got === numNamed && extra < 0
    ? undefined
    : `expected ${numNamed} cells, got ${got}; quote cells that hold a separator.`;
}

/** Excel's own line that names the separator. */
const SEPARATOR_LINE = /^sep=(.)\n/i;

/**
 * The rows of a CSV text (RFC 4180; any line end; separators of {@link SEPARATORS}, told by the header line) under a header line.
 * @throws {@link InputErrors} for quotes that are not closed or out of place
 */
export async function rowsOfCsv(
  file: string,
  content: string,
  options: {
    readonly knownFields: readonly string[];
    readonly isTsv: boolean;
    readonly signal: AbortSignal | undefined;
  },
  problems: ProblemList,
): Promise<Row[]> {
  const text = content.replace(/\r\n?/g, '\n');
  const named = SEPARATOR_LINE.exec(text);
  const start = named ? named[0].length : 0;
  const header = text.slice(start, text.indexOf('\n', start) < 0 ? undefined : text.indexOf('\n', start));
  const separator = named?.[1] ?? findSeparator(header, options.knownFields, options.isTsv);
  const all = await readRecords(file, text.slice(start), separator, named ? 2 : 1, options.signal);
  const first = all.findIndex((record) => !record.isBlank);
  if (first < 0) return [];
  const names = all[first]!.cells.map((name) => name.trim());
  const subject = (record: CsvRecord) => `${file}: line ${record.line}`;
  checkHeader(subject(all[first]!), names, problems);
  const isOneColumn = names.filter((name) => name !== '').length === 1;
  const records = dropTrailing(all.slice(first + 1), isOneColumn);
  const rows: Row[] = [];
  const breath = createBreath(options.signal);
  for (const record of records) {
    if (breath.isDue()) await breath.take();
    if (record.isBlank && !isOneColumn) continue;
    const problem = misfit(names, record);
    if (problem !== undefined) problems.add(subject(record), problem);
    else rows.push({ subject: subject(record), fields: fieldsOf(names, record) });
  }
  return rows;
}
