import { MetricsError } from '../errors.js';
import type { PlotOptions } from './curves.js';
import { INK, MUTED, round, shorten, svgDocument, text } from './svg.js';

/** Options of {@link renderConfusionSvg}. */
export interface ConfusionPlotOptions extends PlotOptions {
  /** Names of the classes in order. @defaultValue 'negative' and 'positive' for two, else '0', '1', ... */
  readonly classNames?: readonly string[] | undefined;
  /** Title of the columns. @defaultValue 'Predicted' */
  readonly columnLabel?: string | undefined;
  /** Title of the rows. @defaultValue 'True' */
  readonly rowLabel?: string | undefined;
}

const TOP = 92;
const NAME_LENGTH = 22;
const CHARACTER = 7.6;

function checkMatrix(matrix: readonly (readonly number[])[], names: readonly string[]): void {
  const where = 'metrics.renderConfusionSvg';
  const isSquare = matrix.length > 0 && matrix.every((row) => row.length === matrix.length);
  if (!isSquare || !matrix.flat().every((count) => count >= 0 && Number.isFinite(count)))
    throw new MetricsError(
      'INPUT',
      `${where}: expected a square matrix of counts, got ${JSON.stringify(matrix).slice(0, 80)}; computeConfusionMatrix makes one.`,
    );
  if (names.length !== matrix.length)
    throw new MetricsError('OPTION', `${where}: expected ${matrix.length} class names, got ${names.length}.`);
}

/** From this share on white text has more contrast than black. */
const DARK = 0.7;

/** White to dark blue; one hue, so that only lightness carries the share. */
function shade(share: number): string {
  const channel = (light: number, dark: number) => Math.round(light + (dark - light) * share);
  return `rgb(${channel(247, 8)},${channel(251, 69)},${channel(255, 148)})`;
}

const format = (count: number) =>
  Number.isInteger(count) ? count.toLocaleString('en') : count.toPrecision(4);

/**
 * An SVG picture of a confusion matrix: counts, and each as a share of its row, which also sets the shade.
 *
 * @param matrix counts by true class (row) and predicted class (column)
 * @throws {@link MetricsError} `INPUT` for a matrix that is not square or holds anything but counts; `OPTION` for another number of names
 */
export function renderConfusionSvg(
  matrix: readonly (readonly number[])[],
  options: ConfusionPlotOptions = {},
): string {
  const standard = matrix.length === 2 ? ['negative', 'positive'] : matrix.map((_, at) => String(at));
  const names = options.classNames ?? standard;
  checkMatrix(matrix, names);
  const shown = names.map((name) => shorten(name, NAME_LENGTH));
  const cell = Math.max(64, Math.min(130, 560 / matrix.length));
  const nameWidth = Math.max(...shown.map((name) => [...name].length)) * CHARACTER;
  const isTurned = nameWidth > cell - 8;
  const left = 58 + nameWidth;
  const top = TOP + (isTurned ? nameWidth * 0.72 : 0);
  const side = cell * matrix.length;
  const title = options.title ?? 'Confusion matrix';
  const cells = matrix.flatMap((row, of) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, as) => {
      const share = total > 0 ? count / total : 0;
      const [x, y] = [left + as * cell, top + of * cell];
      const colour = share > DARK ? '#ffffff' : INK;
      const percent = total > 0 ? `${(100 * share).toFixed(1)} %` : '–';
      return [
        `<rect x="${round(x)}" y="${round(y)}" width="${round(cell)}" height="${round(cell)}" fill="${shade(share)}" stroke="#ffffff" stroke-width="2"/>`,
        text(x + cell / 2, y + cell / 2, format(count), { size: 17, anchor: 'middle', colour, isBold: true }),
        text(x + cell / 2, y + cell / 2 + 20, percent, { size: 13, anchor: 'middle', colour }),
      ].join('');
    });
  });
  const columnNames = shown.map((name, as) => {
    const x = left + (as + 0.5) * cell;
    return text(x, top - 10, name, { anchor: isTurned ? 'start' : 'middle', turn: isTurned ? -45 : 0 });
  });
  const rowNames = shown.map((name, of) =>
    text(left - 10, top + (of + 0.5) * cell + 5, name, { anchor: 'end' }),
  );
  const overhang = isTurned ? nameWidth * 0.72 : 0;
  const width = Math.ceil(Math.max(left + side + 24 + overhang, left + 300));
  return svgDocument(width, Math.ceil(top + side + 48), title, [
    text(20, 32, shorten(title, 48), { size: 17, isBold: true }),
    text(left + side / 2, 60, options.columnLabel ?? 'Predicted', { size: 15, anchor: 'middle' }),
    text(24, top + side / 2, options.rowLabel ?? 'True', { size: 15, anchor: 'middle', turn: -90 }),
    ...columnNames,
    ...rowNames,
    ...cells,
    `<rect x="${round(left)}" y="${round(top)}" width="${round(side)}" height="${round(side)}" fill="none" stroke="${MUTED}"/>`,
    text(left, top + side + 26, 'Shares and shades are of the row.', { size: 13, colour: MUTED }),
  ]);
}
