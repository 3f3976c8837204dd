import { DataError } from '@crrg/core';
import { formatPythonLiteral, parsePythonLiteral, type PythonValue } from '../python/index.js';
import { optionalCell, type CsvRow } from './csv-row.js';

/**
 * The Python literal of a cell; undefined where the cell is empty.
 * @throws {@link DataError} where it holds none
 */
export function literalCell(row: CsvRow, name: string): PythonValue | undefined {
  const text = optionalCell(row, name);
  if (text.trim() === '') return undefined;
  try {
    return parsePythonLiteral(text);
  } catch (cause) {
    throw new DataError(
      `${row.where}: expected a Python literal for ${name}, got a text of ${text.length} characters that is none; correct the row.`,
      { cause },
    );
  }
}

/** Whether a value is a list of texts. */
export const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/**
 * A cell with a list of texts, or with a bare text, which counts as a list of one; undefined where it is empty.
 *
 * Source: docs/reference/datasets.md#r-clip-table.
 * @throws {@link DataError} for another literal
 */
export function textListCell(row: CsvRow, name: string): readonly string[] | undefined {
  const text = optionalCell(row, name);
  if (text.trim() === '') return undefined;
  if (!/^\s*\[/.test(text)) return [text];
  const value = literalCell(row, name);
  if (isTextList(value)) return value;
  throw new DataError(`${row.where}: expected a list of texts for ${name}, got another; correct the row.`);
}

/** A list cell as the files of CXR-CLIP hold it; an empty or absent list leaves the cell empty. */
export const listCellText = (items: readonly string[] | undefined): string =>
  items === undefined || items.length === 0 ? '' : formatPythonLiteral(items);
