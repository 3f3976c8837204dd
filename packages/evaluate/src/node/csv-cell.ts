import type { CsvRow } from '@crrg/datasets/node';

/** A cell by the name of its column; empty where there is none. */
export function cellOf({ cells, columns }: CsvRow, name: string): string {
  const at = columns.get(name);
  return at === undefined ? '' : (cells[at] ?? '');
}
