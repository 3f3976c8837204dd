import { readCsv } from '../table/read-csv.js';
import { parseRrgRow, REQUIRED_RRG_COLUMNS } from './csv-in.js';
import type { RrgRow } from './row.js';

/**
 * The rows of a CSV file of RGRG (`train.csv`, `valid.csv`, `test.csv`, `test-2.csv`), read as they are asked for.
 * @throws {@link DataError} with file, line and column for a row that cannot be used
 */
export async function* readRrgCsv(
  file: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<RrgRow> {
  for await (const row of readCsv(file, { columns: REQUIRED_RRG_COLUMNS, signal: options.signal }))
    yield parseRrgRow(row);
}
