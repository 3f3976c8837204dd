import { MetricsError } from '../errors.js';
import { GRID, line, MUTED, round, shorten, svgDocument, text } from './svg.js';

/** A point with both coordinates in [0, 1]. @internal */
export type UnitPoint = readonly [x: number, y: number];

/** How a line of a plot is drawn. @internal */
export interface Mark {
  readonly colour: string;
  readonly dashes: string;
}

/** Hues that stay apart with a colour vision deficiency and on paper (Okabe and Ito), the palest last. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9'];
const DASHES = ['', '8 4', '2 3', '10 3 2 3'];

/** Colour and line pattern of the n-th series: both change, so that lines stay apart without colour. 28 differ. @internal */
export function markOf(index: number): Mark {
  return { colour: COLOURS[index % COLOURS.length]!, dashes: DASHES[index % DASHES.length]! };
}

/** Side of the plotting area in pixels. @internal */
export const SIDE = 440;
const LEFT = 76;
const TOP = 52;
const RIGHT = 28;
const LEGEND_ROW = 24;
const LEGEND_CHARACTERS = 62;

/** @internal */
export const WIDTH = LEFT + SIDE + RIGHT;

/** Pixel of a coordinate. @internal */
export const toX = (value: number) => LEFT + value * SIDE;
/** @internal */
export const toY = (value: number) => TOP + (1 - value) * SIDE;

/** A line of the grid and its number. @internal */
export interface Tick {
  /** In [0, 1]. */
  readonly at: number;
  readonly label: string;
}

/** What surrounds a plot. @internal */
export interface FrameInput {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly legend: readonly { readonly name: string; readonly mark: Mark }[];
  /** Drawn inside the frame. */
  readonly content: readonly string[];
  /** Pixels between the plotting area and the x axis title that the content uses. @defaultValue 0 */
  readonly extraHeight?: number;
  /** @defaultValue shares in steps of 0.2 */
  readonly xTicks?: readonly Tick[];
  /** @defaultValue shares in steps of 0.2 */
  readonly yTicks?: readonly Tick[];
}

const SHARES: readonly Tick[] = Array.from({ length: 6 }, (_, step) => ({
  at: step / 5,
  label: (step / 5).toFixed(1),
}));

function axes({ xLabel, yLabel, extraHeight = 0, xTicks = SHARES, yTicks = SHARES }: FrameInput): string[] {
  const bottom = toY(0);
  return [
    ...xTicks.flatMap(({ at, label }) => [
      line(toX(at), toY(0), toX(at), toY(1), GRID),
      text(toX(at), bottom + 20, label, { size: 13, anchor: 'middle' }),
    ]),
    ...yTicks.flatMap(({ at, label }) => [
      line(toX(0), toY(at), toX(1), toY(at), GRID),
      text(toX(0) - 9, toY(at) + 5, label, { size: 13, anchor: 'end' }),
    ]),
    `<rect x="${toX(0)}" y="${toY(1)}" width="${SIDE}" height="${SIDE}" fill="none" stroke="${MUTED}"/>`,
    text(toX(0.5), bottom + 46 + extraHeight, xLabel, { size: 15, anchor: 'middle' }),
    text(24, toY(0.5), yLabel, { size: 15, anchor: 'middle', turn: -90 }),
  ];
}

function legendRows({ legend, extraHeight = 0 }: FrameInput): string[] {
  const top = toY(0) + 78 + extraHeight;
  return legend.flatMap(({ name, mark }, row) => {
    const y = top + row * LEGEND_ROW;
    return [
      strokeLine(`M${toX(0)} ${y - 5}h38`, mark),
      text(toX(0) + 48, y, shorten(name, LEGEND_CHARACTERS), { size: 14 }),
    ];
  });
}

/** A square plot with axes, of shares where no ticks are given, a title above and a legend below. @internal */
export function renderFrame(input: FrameInput): string {
  const height = toY(0) + 62 + (input.extraHeight ?? 0) + input.legend.length * LEGEND_ROW + 12;
  return svgDocument(WIDTH, height, input.title, [
    text(toX(0), 32, shorten(input.title, 56), { size: 17, isBold: true }),
    ...axes(input),
    ...input.content,
    ...legendRows(input),
  ]);
}

/** @internal */
export function strokeLine(path: string, { colour, dashes }: Mark): string {
  const pattern = dashes ? ` stroke-dasharray="${dashes}"` : '';
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"${pattern}/>`;
}

/** A line through points; those that would fall on the pixel before them are left out. @internal */
export function polyline(points: readonly UnitPoint[], mark: Mark): string {
  const kept: string[] = [];
  for (const [x, y] of points) {
    const point = `${round(toX(x))} ${round(toY(y))}`;
    if (kept.at(-1) !== point) kept.push(point);
  }
  return strokeLine(`M${kept.join('L')}`, mark);
}

/** A thin line that the eye compares with, such as chance. @internal */
export function referenceLine(from: UnitPoint, to: UnitPoint, colour = MUTED): string {
  return line(toX(from[0]), toY(from[1]), toX(to[0]), toY(to[1]), colour, 'stroke-dasharray="4 4"');
}

/** Refuses plots of nothing. @internal */
export function checkSeries(where: string, series: readonly { readonly name: string }[]): void {
  if (series.length === 0)
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected at least one series, got none; pass a curve.`,
    );
}
