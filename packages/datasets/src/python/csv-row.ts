/** How a program of Python wrote a CSV file. */
export interface PythonCsvOptions {
  /** `csv.writer` ends rows with CR LF, pandas with LF. @defaultValue '\r\n' */
  readonly lineEnd?: '\r\n' | '\n' | undefined;
}

/**
 * One row as `csv.writer` of Python 3.11 writes it, line end included: quotes only around cells with a comma, quote or character of the line end,
 * and around the only cell of a row if it is empty.
 */
export function formatPythonCsvRow(cells: readonly string[], options: PythonCsvOptions = {}): string {
  const lineEnd = options.lineEnd ?? '\r\n';
  const special = lineEnd === '\n' ? /[",\n]/ : /[",\r\n]/;
  const isAloneAndEmpty = cells.length === 1 && cells[0] === '';
  const written = cells.map((cell) =>
    isAloneAndEmpty || special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return written.join(',') + lineEnd;
}
