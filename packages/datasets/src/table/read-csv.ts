import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DataError } from '@crrg/core';
import { CsvError, parse, type Info } from 'csv-parse';
import { parse as parseText } from 'csv-parse/sync';
import { columnsOf, type CsvRow } from './csv-row.js';

/** Longest record that is read, in bytes. */
const MAXIMUM_RECORD = 1 << 24;

const PARSER = {
  bom: true,
  info: true as const,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: MAXIMUM_RECORD,
};

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: Info;
}

/** How {@link readCsv} reads. */
export interface ReadCsvOptions {
  /** Columns that the file must have. @defaultValue none */
  readonly columns?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

function lineOf({ record, info }: CsvRecord): number {
  return info.lines - record.reduce((sum, cell) => sum + (cell.split('\n').length - 1), 0);
}

/** Makes rows of records; the first is the header. */
function rowMaker(file: string, required: readonly string[]): (record: CsvRecord) => CsvRow | undefined {
  let columns: ReadonlyMap<string, number> | undefined;
  return (record) => {
    const where = `${file}: line ${lineOf(record)}`;
    if (columns === undefined) {
      columns = columnsOf(where, record.record, required);
      return undefined;
    }
    const extra = record.record.slice(columns.size === 0 ? 0 : Math.max(...columns.values()) + 1);
    if (extra.some((cell) => cell.trim() !== ''))
      throw new DataError(
        `${where}: expected at most as many cells as the header, got ${record.record.length}; quote cells that hold a comma.`,
      );
    return { where, cells: record.record, columns };
  };
}

function noHeader(file: string): DataError {
  return new DataError(`${file}: expected a header line, got an empty file; check the file.`);
}

const ADVICE: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'expected a closing quote, got the end of the file; the file may be cut off.',
  CSV_INVALID_CLOSING_QUOTE: 'expected a comma behind a closing quote; double the quotes inside a cell.',
  INVALID_OPENING_QUOTE: 'expected quotes around the whole cell, got one inside; quote the cell.',
  CSV_MAX_RECORD_SIZE:
    'expected records of at most 16 MiB, got a longer one; look for a quote that is not closed.',
};

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'expected a file, got nothing',
  EISDIR: 'expected a file, got a folder',
  Z_BUF_ERROR: 'expected a whole gzip file, got one that is cut off',
  Z_DATA_ERROR: 'expected a gzip file, got damaged data',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'expected UTF-8 text, got other bytes',
};

function readError(file: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    const { lines } = error as CsvError & { readonly lines?: number };
    const advice = ADVICE[error.code] ?? `cannot be read (${error.code}).`;
    return new DataError(`${file}: line ${lines ?? 1}: ${advice}`, { cause: error });
  }
  const reason = READ_ERRORS[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined
    ? error
    : new DataError(`${file}: ${reason}; check the file.`, { cause: error });
}

async function* textOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const bytes = createReadStream(file, { signal });
  const source = file.endsWith('.gz') ? createGunzip() : undefined;
  const piped = source ? pipeline(bytes, source) : undefined;
  piped?.catch(() => undefined);
  for await (const chunk of (source ?? bytes) as AsyncIterable<Uint8Array>)
    yield decoder.decode(chunk, { stream: true });
  await piped;
  yield decoder.decode();
}

/**
 * The rows of a CSV file with a header line, plain or (`.gz`) packed, read as they are asked for. Blank lines are passed over; empty columns
 * at the end of the header, as a comma at each line's end makes them, count as none.
 *
 * @throws {@link DataError} with file and line for a file that cannot be read, a missing column, quotes out of place
 */
export async function* readCsv(file: string, options: ReadCsvOptions = {}): AsyncGenerator<CsvRow> {
  const parser = parse(PARSER);
  const piped = pipeline(Readable.from(textOf(file, options.signal)), parser, { signal: options.signal });
  piped.catch(() => undefined);
  const toRow = rowMaker(file, options.columns ?? []);
  let isEmpty = true;
  try {
    for await (const record of parser as AsyncIterable<CsvRecord>) {
      // A file that is read whole does not hear of it.
      options.signal?.throwIfAborted();
      isEmpty = false;
      const row = toRow(record);
      if (row) yield row;
    }
    await piped;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw readError(file, error);
  }
  if (isEmpty) throw noHeader(file);
}

/**
 * The rows of a CSV text; like {@link readCsv}.
 * @param file name for messages
 * @throws {@link DataError} as {@link readCsv}
 */
export function parseCsv(text: string, file: string, columns: readonly string[] = []): CsvRow[] {
  const toRow = rowMaker(file, columns);
  let records: CsvRecord[];
  try {
    records = parseText(text, PARSER) as unknown as CsvRecord[];
  } catch (error) {
    throw readError(file, error);
  }
  if (records.length === 0) throw noHeader(file);
  return records.flatMap((record) => toRow(record) ?? []);
}
