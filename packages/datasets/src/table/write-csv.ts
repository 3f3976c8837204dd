import { formatPythonCsvRow } from '../python/index.js';

/**
 * A CSV text as pandas writes one: a column of row numbers without a name in front, rows ended by a line feed.
 * @param rows cells behind the row number
 */
export function formatPandasCsv(
  columns: readonly string[],
  rows: readonly { readonly index: number; readonly cells: readonly string[] }[],
): string {
  const lines = [['', ...columns], ...rows.map(({ index, cells }) => [String(index), ...cells])];
  return lines.map((cells) => formatPythonCsvRow(cells, { lineEnd: '\n' })).join('');
}
