import { printable } from '../format/text.js';

/** A table of scores, for people or for a paper. */
export interface ScoreTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines under the table: how the numbers were made, what is undefined and why. */
  readonly notes: readonly string[];
}

/** Names may come from a file: nothing in them ends a line or steers a terminal. */
function cleanTable({ columns, rows, notes }: ScoreTable): ScoreTable {
  const clean = (texts: readonly string[]) => texts.map(printable);
  return { columns: clean(columns), rows: rows.map(clean), notes: clean(notes) };
}

/** Rows of aligned columns; all but the first are aligned to the right. */
export function formatTextTable(table: ScoreTable): string {
  const { columns, rows, notes } = cleanTable(table);
  const all = [columns, ...rows];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => [...row[at]!].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd();
  const body = all.map(line).join('\n');
  return notes.length > 0 ? `${body}\n\n${notes.join('\n')}\n` : `${body}\n`;
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
  '|': '\\textbar{}',
};

/** Text with every character that LaTeX would act on made harmless. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\~^–|&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}

/** A `tabular` with the rules of the package booktabs; notes become comments. */
export function formatLatexTable(table: ScoreTable): string {
  const { columns, rows, notes } = cleanTable(table);
  const line = (row: readonly string[]) => `${row.map(escapeLatex).join(' & ')} \\\\`;
  return [
    ...notes.map((note) => `% ${note}`),
    `\\begin{tabular}{l${'r'.repeat(columns.length - 1)}}`,
    '\\toprule',
    line(columns),
    '\\midrule',
    ...rows.map(line),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}
