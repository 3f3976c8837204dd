import { DataError } from '@crrg/core';

/** A row of a CSV file under a header line. */
export interface CsvRow {
  /** `FILE: line 3`, for messages. */
  readonly where: string;
  /** By position. */
  readonly cells: readonly string[];
  /** Column numbers by name. */
  readonly columns: ReadonlyMap<string, number>;
}

/** Rows read one after the other, from a list or a stream. */
export type Rows<T = CsvRow> = AsyncIterable<T> | Iterable<T>;

/** Whether the file has a column. */
export const hasColumn = ({ columns }: CsvRow, name: string): boolean => columns.has(name);

/** A cell by the name of its column; empty where the file has no such column or the row is short. */
export function optionalCell({ cells, columns }: CsvRow, name: string): string {
  const at = columns.get(name);
  return at === undefined ? '' : (cells[at] ?? '');
}

/**
 * A cell that must hold something. No message repeats what a cell holds.
 * @throws {@link DataError} where it is empty
 */
export function requiredCell(row: CsvRow, name: string): string {
  const text = optionalCell(row, name);
  if (text.trim() !== '') return text;
  throw new DataError(`${row.where}: expected a value for ${name}, got an empty cell; correct the row.`);
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** @throws {@link DataError} for another text than a number */
export function parseNumber(text: string, where: string, name: string): number {
  if (NUMBER.test(text)) return Number(text);
  throw new DataError(
    `${where}: expected a number for ${name}, got another text of ${text.length} characters; correct the row.`,
  );
}

/**
 * A cell that must hold a number.
 * @throws {@link DataError} where it holds something else
 */
export const numberCell = (row: CsvRow, name: string): number =>
  parseNumber(requiredCell(row, name), row.where, name);

/**
 * A cell that must hold one of few texts.
 * @throws {@link DataError} where it holds something else
 */
export function choiceCell<T extends string>(row: CsvRow, name: string, choices: readonly T[]): T {
  const text = requiredCell(row, name).trim();
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new DataError(
    `${row.where}: expected ${choices.join(', ')} for ${name}, got another text of ${text.length} characters; correct the row.`,
  );
}

/** @throws {@link DataError} where the header lacks a column, or has a name twice */
export function columnsOf(where: string, header: readonly string[], required: readonly string[]) {
  const columns = new Map<string, number>();
  for (const [at, cell] of header.entries()) {
    const name = cell.trim();
    if (name === '') continue;
    if (columns.has(name))
      throw new DataError(
        `${where}: expected each column once, got column ${at + 1} named like column ${columns.get(name)! + 1}; rename one.`,
      );
    columns.set(name, at);
  }
  const missing = required.filter((name) => !columns.has(name));
  if (missing.length === 0) return columns;
  throw new DataError(
    `${where}: expected the columns ${required.join(', ')}, got none named ${missing.join(', ')}; check that this is the file as published.`,
  );
}
