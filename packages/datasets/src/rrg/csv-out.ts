import { ANATOMICAL_REGIONS, type Box } from '@crrg/core';
import { formatPythonCsvRow, formatPythonLiteral } from '../python/index.js';
import { REQUIRED_RRG_COLUMNS } from './csv-in.js';
import type { RrgRow, RrgTable } from './row.js';

/** Columns of a table, in order; docs/reference/datasets.md#rows-and-columns. */
export const rrgColumns = (table: RrgTable): readonly string[] =>
  table === 'train' ? REQUIRED_RRG_COLUMNS : [...REQUIRED_RRG_COLUMNS, 'reference_report'];

/** The header line of a table, with its line end (CR LF). */
export const formatRrgHeader = (table: RrgTable): string => formatPythonCsvRow(rrgColumns(table));

const corners = ({ x1, y1, x2, y2 }: Box) => [x1, y1, x2, y2];

/** A row of a table as Python's `csv.writer` writes it for RGRG: lists as Python literals, line end CR LF. */
export function formatRrgRow(row: RrgRow, table: RrgTable): string {
  const { regions } = row;
  const boxed = regions.flatMap(({ box, region }) => (box ? [{ box, region }] : []));
  const lists = [
    boxed.map(({ box }) => corners(box)),
    boxed.map(({ region }) => ANATOMICAL_REGIONS.indexOf(region) + 1),
    regions.map(({ text }) => text),
    regions.map(({ text }) => text !== ''),
    regions.map(({ abnormal }) => abnormal),
  ];
  const report = table === 'train' ? [] : [row.referenceReport ?? ''];
  return formatPythonCsvRow([
    row.subject,
    row.study,
    row.image,
    row.path,
    ...lists.map((list) => formatPythonLiteral(list)),
    ...report,
  ]);
}
