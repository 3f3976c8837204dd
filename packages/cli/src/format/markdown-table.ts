import type { ScoreTable } from '../score/table.js';
import { printable } from './text.js';

const cellOf = (text: string) => printable(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** A table of Markdown; all columns but the first are aligned to the right. Notes follow as a list. */
export function formatMarkdownTable({ columns, rows, notes }: ScoreTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(columns.map((_, at) => (at === 0 ? '---' : '---:')));
  const list = notes.map((note) => `- ${cellOf(note)}`);
  const body = [line(columns.map(cellOf)), rule, ...rows.map((row) => line(row.map(cellOf)))];
  return `${[...body, ...(list.length > 0 ? ['', ...list] : [])].join('\n')}\n`;
}
