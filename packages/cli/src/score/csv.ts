/** A record of a CSV file and the line that it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What is wrong with a CSV text, and where. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const CELL = /"((?:[^"]|"")*)"|([^",\t\r\n]*)/y;

/** The cell that begins at `start`, with separators other than `separator` allowed in it. */
function readCell(
  text: string,
  start: number,
  separator: string,
): { value: string; end: number } | undefined {
  if (text[start] === '"') {
    CELL.lastIndex = start;
    const quoted = CELL.exec(text)?.[1];
    if (quoted === undefined) return undefined;
    return { value: quoted.replaceAll('""', '"'), end: CELL.lastIndex };
  }
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end };
}

const countLines = (text: string) => text.split('\n').length - 1;

/**
 * The records of a CSV text (RFC 4180): quoted cells may hold separators, doubled quotes and line ends. Empty lines are left out.
 * @throws {@link CsvError} for a quote that is not closed or closed in the middle of a cell
 */
export function parseCsv(text: string, separator = ','): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let cells: string[] = [];
  let recordLine = 1;
  while (at < text.length) {
    const cell = readCell(text, at, separator);
    if (!cell)
      throw new CsvError(line, 'expected a closing quote, got the end of the file; close the quote.');
    line += countLines(text.slice(at, cell.end));
    at = cell.end;
    cells.push(cell.value);
    const isEndOfText = at >= text.length;
    if (!isEndOfText && text[at] === separator) {
      at += 1;
      if (at < text.length) continue;
      cells.push('');
    } else if (!isEndOfText && text[at] !== '\n' && text[at] !== '\r') {
      throw new CsvError(
        line,
        'expected a separator after a closing quote; double quotes inside a quoted cell.',
      );
    }
    if (cells.length > 1 || cells[0] !== '') records.push({ line: recordLine, cells });
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    recordLine = line;
    cells = [];
  }
  return records;
}
