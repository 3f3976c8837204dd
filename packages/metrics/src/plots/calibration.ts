import type { Calibration, CalibrationBin } from '../classification/index.js';
import type { PlotOptions } from './curves.js';
import { MUTED, round, text } from './svg.js';
import {
  checkSeries,
  markOf,
  polyline,
  referenceLine,
  renderFrame,
  SIDE,
  toX,
  toY,
  type Mark,
} from './unit-frame.js';

/** One line of a calibration plot. */
export interface CalibrationSeries {
  /** Shown in the legend, such as `Edema (ECE 0.03)`. */
  readonly name: string;
  readonly calibration: Calibration;
}

type FullBin = CalibrationBin & { readonly meanScore: number; readonly positiveShare: number };

const HISTOGRAM_TOP = 54;
const HISTOGRAM_ROW = 46;
const BAR_HEIGHT = 34;

const isFull = (bin: CalibrationBin): bin is FullBin => bin.meanScore !== undefined;

function dots(bins: readonly FullBin[], { colour }: Mark): string[] {
  return bins.map(
    ({ meanScore, positiveShare }) =>
      `<circle cx="${round(toX(meanScore))}" cy="${round(toY(positiveShare))}" r="4.5" fill="${colour}"/>`,
  );
}

/** How many items lie in each bin, as bars under the axis; the fullest bin has the full height. */
function histogram({ bins }: Calibration, { colour }: Mark, row: number): string[] {
  const bottom = toY(0) + HISTOGRAM_TOP + row * HISTOGRAM_ROW + BAR_HEIGHT;
  const most = Math.max(...bins.map(({ weight }) => weight));
  const bars = bins.map(({ low, high, weight }) => {
    const height = (BAR_HEIGHT * weight) / most;
    return `<rect x="${round(toX(low) + 1)}" y="${round(bottom - height)}" width="${round((high - low) * SIDE - 2)}" height="${round(height)}" fill="${colour}" fill-opacity="0.75"/>`;
  });
  const base = `<path d="M${toX(0)} ${round(bottom)}h${SIDE}" stroke="${MUTED}"/>`;
  const label = text(toX(0) - 9, bottom - 4, 'items', { size: 12, anchor: 'end', colour: MUTED });
  return [...bars, base, label];
}

/**
 * An SVG picture of calibration: the share of positives against the mean score of each bin, the line of perfect calibration, and under
 * the axis how many items each bin holds.
 * @throws {@link MetricsError} `INPUT` for no series
 */
export function renderCalibrationSvg(
  series: readonly CalibrationSeries[],
  options: PlotOptions = {},
): string {
  checkSeries('renderCalibrationSvg', series);
  return renderFrame({
    title: options.title ?? 'Calibration',
    xLabel: 'Mean predicted probability',
    yLabel: 'Share of positives',
    legend: series.map(({ name }, index) => ({ name, mark: markOf(index) })),
    extraHeight: HISTOGRAM_TOP - 20 + series.length * HISTOGRAM_ROW,
    content: [
      referenceLine([0, 0], [1, 1]),
      ...series.flatMap(({ calibration }, index) => {
        const bins = calibration.bins.filter(isFull);
        const mark = markOf(index);
        return [
          polyline(
            bins.map(({ meanScore, positiveShare }) => [meanScore, positiveShare] as const),
            mark,
          ),
          ...dots(bins, mark),
          ...histogram(calibration, mark, index),
        ];
      }),
    ],
  });
}
