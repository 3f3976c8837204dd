import { formatNumber, formatScore, type ResultTable } from '../present/result-table.js';
import type { Score } from '../score.js';
import { ourRows, type NamedEvaluation, type OurRow } from './our-rows.js';
import { PUBLISHED, type PublishedColumn, type PublishedRow, type PublishedTable } from './published.js';

/** One row of a comparison. Plain data. */
export interface ComparisonRow {
  readonly name: string;
  /** `ours`, or where the figures were published. */
  readonly source: string;
  /** Whether it may be compared with rows of ours under the conditions of the notes; null for rows of ours. */
  readonly comparable: boolean | null;
  /** Keys of the notes. */
  readonly notes: readonly string[];
  readonly values: Readonly<Record<string, number | string | Score | undefined>>;
}

/** Rows of ours beside published ones. Plain data. */
export interface ComparisonTable {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly PublishedColumn[];
  /** Published rows, then ours. */
  readonly rows: readonly ComparisonRow[];
  /** Texts of notes by key, in the order in which the rows name them. */
  readonly notes: Readonly<Record<string, string>>;
}

const EVIDENCE = { printed: '', logged: '', recalled: ', from memory of the publication' } as const;

const publishedRow = ({ name, source, comparable, notes, values }: PublishedRow): ComparisonRow => ({
  ...{ name, comparable, notes, values },
  source: `${PUBLISHED.sources[source]!.title}${EVIDENCE[PUBLISHED.sources[source]!.evidence]}`,
});

const ourRow = ({ name, values }: OurRow): ComparisonRow => ({
  ...{ name, values },
  source: 'ours',
  comparable: null,
  notes: [],
});

function comparisonOf(table: PublishedTable, evaluations: readonly NamedEvaluation[]): ComparisonTable {
  const { id, title, columns } = table;
  const rows = [...table.rows.map(publishedRow), ...ourRows(id, evaluations).map(ourRow)];
  const keys = [...new Set(rows.flatMap(({ notes }) => notes))];
  return {
    id,
    title,
    columns,
    rows,
    notes: Object.fromEntries(keys.map((key) => [key, PUBLISHED.notes[key]!])),
  };
}

/**
 * Tables 1 and 2 of the paper, clinical efficacy and regions, with the rows of evaluations below the published ones. Tables 1 and 2 are there
 * in any case, the others where an evaluation has a row for them.
 *
 * @example
 * ```ts
 * const [table1] = comparisonTables([{ name: 'mine', evaluation }]);
 * console.log(formatComparison(table1).rows.at(-1));
 * ```
 */
export function comparisonTables(evaluations: readonly NamedEvaluation[]): ComparisonTable[] {
  return PUBLISHED.tables
    .map((table) => comparisonOf(table, evaluations))
    .filter(
      ({ id, rows }) =>
        ['reports', 'classification'].includes(id) || rows.some(({ source }) => source === 'ours'),
    );
}

/** A published figure with all the digits that were published. */
const publishedNumber = (value: number, digits: number) =>
  formatNumber(value, Math.max(digits, (String(value).split('.')[1] ?? '').length));

function cellOf(value: ComparisonRow['values'][string], { digits = 3 }: PublishedColumn): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? publishedNumber(value, digits) : formatScore(value, digits);
}

/** Whether a row may be compared, in a word. */
const comparableCell = ({ comparable }: ComparisonRow) =>
  comparable === null ? '' : comparable ? 'same films' : 'no';

/** A comparison as a table for people: a column says what may be compared, notes under it say why and where from. */
export function formatComparison({ title, columns, rows, notes }: ComparisonTable): ResultTable {
  const keys = Object.keys(notes);
  const mark = (row: ComparisonRow) =>
    row.notes.length > 0 ? ` [${row.notes.map((key) => keys.indexOf(key) + 1).join(', ')}]` : '';
  const sources = [...new Set(rows.flatMap(({ source }) => (source === 'ours' ? [] : [source])))];
  const from = (source: string) =>
    rows
      .filter((row) => row.source === source)
      .map(({ name }) => name)
      .join('; ');
  return {
    title,
    columns: ['', ...columns.map(({ name }) => name), 'comparable'],
    rows: rows.map((row) => [
      `${row.name}${mark(row)}`,
      ...columns.map((column) => cellOf(row.values[column.key], column)),
      comparableCell(row),
    ]),
    notes: [
      ...keys.map((key, index) => `[${index + 1}] ${notes[key]!}`),
      ...sources.map((source) => `Source: ${source}: ${from(source)}.`),
    ],
  };
}

/** Numbers of the rows that are ours, from 0. */
export const oursIn = ({ rows }: ComparisonTable): ReadonlySet<number> =>
  new Set(rows.flatMap(({ source }, index) => (source === 'ours' ? [index] : [])));
