import type { PrecisionRecallCurve, RocCurve } from '../classification/index.js';
import { MUTED, text } from './svg.js';
import {
  checkSeries,
  markOf,
  polyline,
  referenceLine,
  renderFrame,
  toX,
  toY,
  type UnitPoint,
} from './unit-frame.js';

/** Options of every plot. */
export interface PlotOptions {
  /** @defaultValue the kind of the plot */
  readonly title?: string | undefined;
}

/** One line of a ROC plot. */
export interface RocSeries {
  /** Shown in the legend, such as `Edema (AUROC 0.91)`. */
  readonly name: string;
  readonly curve: RocCurve;
}

/** One line of a precision-recall plot. */
export interface PrecisionRecallSeries {
  /** Shown in the legend, such as `Edema (AP 0.64)`. */
  readonly name: string;
  readonly curve: PrecisionRecallCurve;
  /** Share of positives, drawn as a thin line: the precision of chance. */
  readonly prevalence?: number | undefined;
}

const zip = (xs: readonly number[], ys: readonly number[]): UnitPoint[] => xs.map((x, at) => [x, ys[at]!]);

/**
 * An SVG picture of ROC curves with the line of chance. Series differ in colour and line pattern.
 *
 * @example
 * ```ts
 * const curve = computeRocCurve(labels, scores);
 * const svg = renderRocSvg([{ name: `Edema (AUROC ${computeAuroc(labels, scores).toFixed(3)})`, curve }]);
 * ```
 * @throws {@link MetricsError} `INPUT` for no series
 */
export function renderRocSvg(series: readonly RocSeries[], options: PlotOptions = {}): string {
  checkSeries('renderRocSvg', series);
  return renderFrame({
    title: options.title ?? 'Receiver operating characteristic',
    xLabel: 'False positive rate (1 − specificity)',
    yLabel: 'True positive rate (sensitivity)',
    legend: series.map(({ name }, index) => ({ name, mark: markOf(index) })),
    content: [
      referenceLine([0, 0], [1, 1]),
      ...series.map(({ curve }, index) =>
        polyline(zip(curve.falsePositiveRate, curve.truePositiveRate), markOf(index)),
      ),
    ],
  });
}

/** Between two thresholds precision is that of the higher recall: the curve is made of steps. */
function steps({ recall, precision }: PrecisionRecallCurve): UnitPoint[] {
  return recall.flatMap((x, at) => {
    const next = recall[at + 1];
    const here: UnitPoint = [x, precision[at]!];
    return next === undefined ? [here] : [here, [next, precision[at]!] as const];
  });
}

/** Thin lines at the precision of chance; the highest one says what they are. */
function prevalenceLines(series: readonly PrecisionRecallSeries[]): string[] {
  const lines = series.flatMap(({ prevalence }, index) =>
    prevalence === undefined ? [] : [referenceLine([0, prevalence], [1, prevalence], markOf(index).colour)],
  );
  const highest = Math.max(...series.map(({ prevalence }) => prevalence ?? -1));
  if (highest < 0) return lines;
  const y = highest > 0.95 ? toY(highest) + 16 : toY(highest) - 6;
  return [...lines, text(toX(0) + 8, y, 'share of positives', { size: 12, colour: MUTED })];
}

/**
 * An SVG picture of precision-recall curves, in the steps that average precision adds up.
 * @throws {@link MetricsError} `INPUT` for no series
 */
export function renderPrecisionRecallSvg(
  series: readonly PrecisionRecallSeries[],
  options: PlotOptions = {},
): string {
  checkSeries('renderPrecisionRecallSvg', series);
  return renderFrame({
    title: options.title ?? 'Precision and recall',
    xLabel: 'Recall (sensitivity)',
    yLabel: 'Precision (positive predictive value)',
    legend: series.map(({ name }, index) => ({ name, mark: markOf(index) })),
    content: [
      ...prevalenceLines(series),
      ...series.map(({ curve }, index) => polyline(steps(curve), markOf(index))),
    ],
  });
}
