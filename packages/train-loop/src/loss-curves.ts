import { escapeXml } from '@crrg/core';

/** A named curve; points in the order of `x`. Points that are not finite leave a gap. */
export interface LossCurve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** How {@link renderLossCurves} draws. */
export interface LossCurvesOptions {
  /** @defaultValue 'Loss' */ readonly title?: string | undefined;
  /** @defaultValue 'step' */ readonly xLabel?: string | undefined;
  /** @defaultValue 'loss' */ readonly yLabel?: string | undefined;
  /** Logarithmic vertical axis; values at or below 0 leave gaps. @defaultValue false */ readonly logarithmic?:
    boolean | undefined;
  /** Pixels. @defaultValue 800 */ readonly width?: number | undefined;
  /** Pixels. @defaultValue 450 */ readonly height?: number | undefined;
}

/** Okabe and Ito's colours, told apart with any colour vision; the dashes repeat the difference without colour. */
const STYLES = [
  { color: '#0072b2', dash: '' },
  { color: '#d55e00', dash: '7 3' },
  { color: '#009e73', dash: '2 3' },
  { color: '#cc79a7', dash: '9 3 2 3' },
  { color: '#e69f00', dash: '' },
  { color: '#56b4e9', dash: '7 3' },
  { color: '#000000', dash: '2 3' },
] as const;
/** Curves with no more points than this show each one. */
const FEW_POINTS = 40;
const MARGIN = { top: 44, right: 24, bottom: 54, left: 76 };

/**
 * An SVG of loss curves with axes, ticks and a legend.
 *
 * @example
 * ```ts
 * const svg = renderLossCurves([{ name: 'train', points: [{ x: 0, y: 2 }, { x: 1, y: 1.5 }] }], { title: 'Stage 1' });
 * ```
 */
export function renderLossCurves(curves: readonly LossCurve[], options: LossCurvesOptions = {}): string {
  const {
    title = 'Loss',
    xLabel = 'step',
    yLabel = 'loss',
    logarithmic = false,
    width = 800,
    height = 450,
  } = options;
  const drawable = (y: number) => Number.isFinite(y) && (!logarithmic || y > 0);
  const shown = curves.flatMap(({ points }) =>
    points.filter(({ x, y }) => Number.isFinite(x) && drawable(y)),
  );
  const xAxis = linearAxis(
    shown.map(({ x }) => x),
    MARGIN.left,
    width - MARGIN.right,
  );
  const ys = shown.map(({ y }) => y);
  const yAxis = (logarithmic ? logarithmicAxis : linearAxis)(ys, height - MARGIN.bottom, MARGIN.top);
  const bottom = height - MARGIN.bottom;
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    label(width / 2, 24, title, 'middle', 17),
    ...yAxis.ticks.map((tick) => gridLine(tick, yAxis.position(tick), width)),
    ...xAxis.ticks.map((tick) => label(xAxis.position(tick), bottom + 20, formatTick(tick), 'middle')),
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${width - MARGIN.right}" fill="none" stroke="#444444"/>`,
    label(width / 2, height - 12, xLabel, 'middle', 14),
    `<g transform="translate(18 ${height / 2}) rotate(-90)">${label(0, 0, yLabel, 'middle', 14)}</g>`,
    ...curves.map((curve, index) => polyline(curve, index, xAxis.position, yAxis.position, drawable)),
    legend(curves, width),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif">\n${parts.join('\n')}\n</svg>\n`;
}

interface Axis {
  readonly ticks: readonly number[];
  position(value: number): number;
}

function linearAxis(values: readonly number[], from: number, to: number): Axis {
  const [low, high] = rangeOf(values);
  const step = niceStep((high - low) / 6);
  const first = Math.floor(low / step);
  const count = Math.max(1, Math.ceil(high / step - 1e-9) - first);
  const ticks = Array.from({ length: count + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  const span = ticks.at(-1)! - ticks[0]!;
  return { ticks, position: (value) => from + ((value - ticks[0]!) / span) * (to - from) };
}

function logarithmicAxis(values: readonly number[], from: number, to: number): Axis {
  const [low, high] = rangeOf(values.map(Math.log10));
  const first = Math.floor(low * 3) / 3;
  const last = Math.max(first + 1 / 3, Math.ceil(high * 3) / 3);
  const ticks: number[] = [];
  for (let decade = Math.floor(first); decade <= Math.ceil(last); decade++) {
    for (const digit of last - first > 5 ? [1] : [1, 2, 5]) {
      const tick = Number((digit * 10 ** decade).toPrecision(12));
      if (Math.log10(tick) >= first - 1e-9 && Math.log10(tick) <= last + 1e-9) ticks.push(tick);
    }
  }
  return { ticks, position: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from) };
}

function rangeOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 2.5, 5].find((digit) => digit * power >= raw) ?? 10) * power;
}

function formatTick(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential() : String(value);
}

function label(x: number, y: number, content: string, anchor: string, size = 12): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" fill="#222222">${escapeXml(content)}</text>`;
}

function gridLine(tick: number, y: number, width: number): string {
  const line = `<path d="M${MARGIN.left} ${round(y)}H${width - MARGIN.right}" stroke="#dddddd"/>`;
  return line + label(MARGIN.left - 8, y + 4, formatTick(tick), 'end');
}

type Position = (value: number) => number;

function polyline(
  curve: LossCurve,
  index: number,
  x: Position,
  y: Position,
  drawable: (y: number) => boolean,
): string {
  const { color, dash } = STYLES[index % STYLES.length]!;
  let path = '';
  let pen = 'M';
  for (const point of curve.points) {
    if (drawable(point.y)) path += `${pen}${round(x(point.x))} ${round(y(point.y))}`;
    pen = drawable(point.y) ? 'L' : 'M';
  }
  const line = `<path d="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"${dash && ` stroke-dasharray="${dash}"`}/>`;
  return line + (curve.points.length > FEW_POINTS ? '' : dots(curve, color, x, y, drawable));
}

function dots(
  curve: LossCurve,
  color: string,
  x: Position,
  y: Position,
  drawable: (y: number) => boolean,
): string {
  const seen = curve.points.filter((point) => drawable(point.y));
  return seen
    .map((point) => `<circle cx="${round(x(point.x))}" cy="${round(y(point.y))}" r="3" fill="${color}"/>`)
    .join('');
}

function legend(curves: readonly LossCurve[], width: number): string {
  const longest = Math.max(0, ...curves.map(({ name }) => name.length));
  const left = width - MARGIN.right - 62 - longest * 7.5;
  const rows = curves.map(({ name }, index) => {
    const { color, dash } = STYLES[index % STYLES.length]!;
    const y = MARGIN.top + 16 + index * 19;
    const sample = `<path d="M${round(left + 8)} ${y - 4}h32" stroke="${color}" stroke-width="3"${dash && ` stroke-dasharray="${dash}"`}/>`;
    return sample + label(left + 48, y, name, 'start', 13);
  });
  const box = `<rect x="${round(left)}" y="${MARGIN.top}" width="${round(width - MARGIN.right - left)}" height="${curves.length * 19 + 8}" fill="#ffffff" fill-opacity="0.85" stroke="#cccccc"/>`;
  return curves.length === 0 ? '' : `<g>${box}${rows.join('')}</g>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
