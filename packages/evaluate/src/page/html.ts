import { escapeXml } from '@crrg/core';
import type { ResultTable } from '../present/result-table.js';

/** Numbers tables and figures of a page in the order in which they are made. */
export interface Numbering {
  table(): number;
  figure(): number;
}

/** A new numbering, from 1. */
export function createNumbering(): Numbering {
  let [tables, figures] = [0, 0];
  return { table: () => (tables += 1), figure: () => (figures += 1) };
}

/** A text between tags. */
export const element = (name: string, content: string, attributes = ''): string =>
  `<${name}${attributes && ` ${attributes}`}>${content}</${name}>`;

/** `0.820 (0.768 to 0.862)` with a smaller interval, shorter where there is little room; other cells as they are. */
function cellContent(cell: string, isWide: boolean): string {
  const interval = /^(\S+) \((\S+) to (\S+)\)$/.exec(cell);
  if (!interval) return escapeXml(cell);
  const [, estimate, low, high] = interval.map(escapeXml);
  return `${estimate} <span class="interval">(${low}${isWide ? '–' : ' to '}${high})</span>`;
}

/** With more columns an interval stands under its estimate. */
const MANY_COLUMNS = 6;

function row(cells: readonly string[], name: 'th' | 'td', classes?: string): string {
  const isWide = cells.length > MANY_COLUMNS;
  const contents = cells.map((cell, at) =>
    at === 0 && name === 'td'
      ? element('th', cellContent(cell, isWide), 'scope="row"')
      : element(name, cellContent(cell, isWide), name === 'th' ? 'scope="col"' : ''),
  );
  return element('tr', contents.join(''), classes ? `class="${classes}"` : '');
}

/** How {@link renderTable} sets a table. */
export interface TableOptions {
  /** Classes of rows by number, from 0. @defaultValue none */
  readonly rowClass?: ((index: number) => string | undefined) | undefined;
}

/** A table with a numbered caption above and its notes below. */
export function renderTable(table: ResultTable, numbering: Numbering, options: TableOptions = {}): string {
  const caption = `<b>Table ${numbering.table()}.</b> ${escapeXml(table.title)}.`;
  const notes = table.notes.map((note) => element('p', escapeXml(note))).join('');
  const body = table.rows.map((cells, index) => row(cells, 'td', options.rowClass?.(index))).join('\n');
  return [
    '<figure class="table">',
    element('figcaption', caption),
    `<div class="scroll"><table${table.columns.length > MANY_COLUMNS ? ' class="wide"' : ''}>`,
    element('thead', row(table.columns, 'th')),
    element('tbody', `\n${body}\n`),
    '</table></div>',
    notes && element('div', notes, 'class="notes"'),
    '</figure>',
  ]
    .filter(Boolean)
    .join('\n');
}

/** A picture with a numbered caption below. `isPaper` puts it on white, for pictures that are drawn for white. */
export function renderFigure(
  svg: string,
  caption: string,
  numbering: Numbering,
  { isPaper = false, kind = '' }: { readonly isPaper?: boolean; readonly kind?: string } = {},
): string {
  const text = `<b>Figure ${numbering.figure()}.</b> ${escapeXml(caption)}`;
  const classes = ['picture', ...(isPaper ? ['paper'] : [])].join(' ');
  return element(
    'figure',
    `${element('div', svg, `class="${classes}"`)}${element('figcaption', text)}`,
    kind && `class="${kind}"`,
  );
}
