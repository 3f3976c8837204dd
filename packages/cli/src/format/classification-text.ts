import type { RadiographClassification } from '@crrg/pipeline';
import { printable } from './text.js';

/** Characters between columns. */
const GAP = '  ';

/** A cell such as `0.731 yes`, and the heading of its column such as `Pneumonia (> 0.40)`. */
function cellsOf({ classification }: RadiographClassification): { heading: string; cell: string }[] {
  return classification.map(({ label, probability, threshold, positive }) => ({
    heading: `${printable(label)} (> ${threshold.toFixed(2)})`,
    cell: `${probability.toFixed(3)} ${positive ? 'yes' : 'no'}`,
  }));
}

/**
 * One row of a table with a row per picture: its name, then the probability of each label and whether it is above the threshold. The first
 * row comes with the headings. Rows can be written as they are finished, since all names are known.
 */
export function formatClassificationRow(
  result: RadiographClassification,
  table: { readonly files: readonly string[]; readonly index: number },
): string {
  const width = table.files.reduce((most, name) => Math.max(most, printable(name).length), 'FILE'.length);
  const cells = cellsOf(result);
  const line = (first: string, rest: readonly string[]) =>
    `${[first.padEnd(width), ...rest].join(GAP).trimEnd()}\n`;
  const codes = result.doubts.map(({ code }) => code).join(', ');
  const row = line(printable(result.input.file ?? 'radiograph'), [
    ...cells.map(({ heading, cell }) => cell.padEnd(heading.length)),
    codes && `in doubt: ${codes}`,
  ]);
  if (table.index > 0) return row;
  return (
    line(
      'FILE',
      cells.map(({ heading, cell }) => heading.padEnd(cell.length)),
    ) + row
  );
}
