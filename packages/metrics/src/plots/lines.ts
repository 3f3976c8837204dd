import { MetricsError } from '../errors.js';
import type { PlotOptions } from './curves.js';
import { round } from './svg.js';
import { checkSeries, markOf, polyline, renderFrame, toX, toY, type Tick } from './unit-frame.js';

/** One line of a plot of measurements. */
export interface LineSeries {
  /** Shown in the legend, such as `4 beams`. */
  readonly name: string;
  /** In the order in which the line joins them; both numbers at least 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Options of {@link renderLinesSvg}. */
export interface LinesPlotOptions extends PlotOptions {
  /** What the x axis shows, with its unit. */
  readonly xLabel: string;
  /** What the y axis shows, with its unit. */
  readonly yLabel: string;
}

const MOST_STEPS = 6;

/** An axis from 0 to at least `largest` in steps of 1, 2, 2.5 or 5 times a power of ten. */
function axisOf(largest: number): { readonly end: number; readonly ticks: readonly Tick[] } {
  const least = largest / MOST_STEPS || 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power * (1 + 1e-9) >= least)!;
  const step = factor * power;
  const count = Math.max(1, Math.ceil(largest / step - 1e-9));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (factor === 2.5 ? 1 : 0));
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({
    at: index / count,
    label: (index * step).toFixed(decimals),
  }));
  return { end: count * step, ticks };
}

function checkPoints(series: readonly LineSeries[]): void {
  checkSeries('renderLinesSvg', series);
  for (const { name, points } of series)
    if (points.length === 0 || !points.flat().every((value) => value >= 0 && Number.isFinite(value)))
      throw new MetricsError(
        'INPUT',
        `metrics.renderLinesSvg: expected points of finite numbers from 0 on for ${JSON.stringify(name)}, got ${JSON.stringify(points).slice(0, 80)}; leave out what was not measured.`,
      );
}

/**
 * An SVG picture of measurements as lines with a dot at each: seconds by number of films, for example. Both axes begin at 0, so that what
 * is in proportion lies on a straight line through the corner.
 *
 * @example
 * ```ts
 * const svg = renderLinesSvg([{ name: 'one core', points: [[1, 0.5], [2, 1]] }], { xLabel: 'films', yLabel: 'seconds' });
 * ```
 * @throws {@link MetricsError} `INPUT` for no series, a series without points, and numbers that are negative or not finite
 */
export function renderLinesSvg(series: readonly LineSeries[], options: LinesPlotOptions): string {
  checkPoints(series);
  const points = series.flatMap((line) => line.points);
  const [xAxis, yAxis] = [0, 1].map((axis) => axisOf(Math.max(...points.map((point) => point[axis]!)))) as [
    ReturnType<typeof axisOf>,
    ReturnType<typeof axisOf>,
  ];
  return renderFrame({
    title: options.title ?? `${options.yLabel} by ${options.xLabel}`,
    xLabel: options.xLabel,
    yLabel: options.yLabel,
    xTicks: xAxis.ticks,
    yTicks: yAxis.ticks,
    legend: series.map(({ name }, index) => ({ name, mark: markOf(index) })),
    content: series.flatMap((line, index) => {
      const mark = markOf(index);
      const places = line.points.map(([x, y]) => [x / xAxis.end, y / yAxis.end] as const);
      return [
        polyline(places, mark),
        ...places.map(
          ([x, y]) => `<circle cx="${round(toX(x))}" cy="${round(toY(y))}" r="4.5" fill="${mark.colour}"/>`,
        ),
      ];
    }),
  });
}
