import { DataError } from '@crrg/core';
import { formatPythonLiteral } from '../python/index.js';
import type { PromptLabels } from '../prompts/prompt-texts.js';
import { hasColumn, type CsvRow } from '../table/csv-row.js';
import { isTextList, listCellText, literalCell, textListCell } from '../table/literal-cell.js';
import { formatPandasCsv } from '../table/write-csv.js';

/** One study of a pre-training table of CXR-CLIP. */
export interface CxrClipRow {
  /** Paths of all films. */
  readonly images: readonly string[];
  /** Distinct names of views; undefined in tables without columns of views. */
  readonly views: readonly string[] | undefined;
  /** Paths by view. */
  readonly byView: ReadonlyMap<string, readonly string[]>;
  /** Sections of the report; undefined in tables of labels. */
  readonly sections: readonly string[] | undefined;
  /** Back-translations, one a section; undefined where the table has none. */
  readonly augmented: readonly string[] | undefined;
  /** Labels in the place of a report. */
  readonly labels: PromptLabels | undefined;
}

/** Columns of views, as CXR-CLIP names them; the paper's files call the third `LATERAL`. */
export const VIEW_COLUMNS = ['AP', 'PA', 'Lateral'] as const;

/** The name of a view's column in this file, in capitals or not. */
function viewColumn(row: CsvRow, view: string): string {
  if (hasColumn(row, view)) return view;
  const column = [...row.columns.keys()].find((name) => name.toLowerCase() === view.toLowerCase());
  if (column !== undefined) return column;
  throw new DataError(
    `${row.where}: expected a column for each view, got none for one of ${view.length} letters; name the column like the view.`,
  );
}

function viewsOf(row: CsvRow): Pick<CxrClipRow, 'views' | 'byView'> {
  if (!hasColumn(row, 'AP')) return { views: undefined, byView: new Map() };
  const views = textListCell(row, 'view') ?? [];
  const byView = views.map((view) => [view, textListCell(row, viewColumn(row, view)) ?? []] as const);
  const empty = byView.find(([, images]) => images.length === 0);
  if (empty)
    throw new DataError(
      `${row.where}: expected images of each view, got none in the column ${empty[0].length > 20 ? 'of one' : empty[0]}; correct the row.`,
    );
  return { views, byView: new Map(byView) };
}

function labelsOf(row: CsvRow): PromptLabels | undefined {
  if (!hasColumn(row, 'text_label')) return undefined;
  const value = literalCell(row, 'text_label');
  if (isTextList(value)) return { positive: value, negative: [], uncertain: [] };
  if (Array.isArray(value) && value.length === 3 && value.every(isTextList)) {
    const [positive, negative, uncertain] = value as [string[], string[], string[]];
    return { positive, negative, uncertain };
  }
  throw new DataError(
    `${row.where}: expected a list of labels, or of positive, negative and uncertain ones, for text_label; correct the row.`,
  );
}

/**
 * One row of a pre-training table. A bare text counts as a list of one, where the reference would take it letter by letter; a column of
 * a view is found whatever its capitals.
 *
 * Source: docs/reference/datasets.md#r-clip-table.
 * @throws {@link DataError} for a cell of another kind, or as many back-translations as sections are not there
 */
export function parseCxrClipRow(row: CsvRow): CxrClipRow {
  const images = textListCell(row, 'image') ?? [];
  if (images.length === 0) throw new DataError(`${row.where}: expected an image, got none; correct the row.`);
  const sections = hasColumn(row, 'text') ? (textListCell(row, 'text') ?? []) : undefined;
  const augmented = hasColumn(row, 'text_augment') ? (textListCell(row, 'text_augment') ?? []) : undefined;
  if (sections && augmented && sections.length !== augmented.length)
    throw new DataError(
      `${row.where}: expected a back-translation of each of ${sections.length} sections, got ${augmented.length}; write the table anew.`,
    );
  return { images, ...viewsOf(row), sections, augmented, labels: labelsOf(row) };
}

/** What {@link formatCxrClipTable} writes. */
export interface CxrClipTableOptions {
  /** Name of the third column of views, as it stands in the column `view` too. @defaultValue 'Lateral' */
  readonly lateral?: string | undefined;
}

/**
 * A pre-training table as CXR-CLIP reads it.
 *
 * Source: docs/reference/datasets.md#r-clip-table.
 * @param rows all with sections, or all with labels
 */
export function formatCxrClipTable(rows: readonly CxrClipRow[], options: CxrClipTableOptions = {}): string {
  const lateral = options.lateral ?? 'Lateral';
  const hasAugmented = rows.some(({ augmented }) => augmented !== undefined);
  const hasLabels = rows.some(({ labels }) => labels !== undefined);
  const rename = (view: string) => (view === 'Lateral' ? lateral : view);
  const cellsOf = ({ images, views, byView, sections, augmented, labels }: CxrClipRow) => [
    formatPythonLiteral(images),
    formatPythonLiteral((views ?? []).map(rename)),
    ...VIEW_COLUMNS.map((view) => listCellText(byView.get(view))),
    labels
      ? formatPythonLiteral([labels.positive, labels.negative, labels.uncertain])
      : formatPythonLiteral(sections ?? []),
    ...(hasAugmented ? [formatPythonLiteral(augmented ?? [])] : []),
  ];
  const columns = ['image', 'view', ...VIEW_COLUMNS.map(rename), hasLabels ? 'text_label' : 'text'];
  return formatPandasCsv(
    hasAugmented ? [...columns, 'text_augment'] : columns,
    rows.map((row, index) => ({ index, cells: cellsOf(row) })),
  );
}
