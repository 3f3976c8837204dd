import { InputErrors } from '@crrg/core';
import {
  BINARY_METRIC_NAMES,
  computeBinaryIntervalsAsync,
  computeBinaryMetrics,
  computeCalibration,
  computePrecisionRecallCurve,
  computeRocCurve,
  MetricsError,
  renderCalibrationSvg,
  renderConfusionSvg,
  renderPrecisionRecallSvg,
  renderRocSvg,
  type BinaryMetricName,
  type BinaryMetrics,
  type BootstrapInterval,
  type WorkOptions,
} from '@crrg/metrics';
import { createBreath, type Breath } from '../breath.js';
import { describeError } from '../errors.js';
import type { LabelledScores } from './labelled-scores.js';
import { fileNameOf, type Plot } from './plot-files.js';
import type { ScoreTable } from './table.js';

/** Settings that change the numbers. */
export interface LabelSettings {
  readonly threshold: number;
  /** 0 for no intervals. */
  readonly resamples: number;
  readonly seed: number;
}

/** Scores of one condition, as `--format json` prints them. */
export interface ConditionScores {
  readonly condition: string | null;
  readonly metrics: BinaryMetrics;
  readonly intervals: Partial<
    Record<BinaryMetricName, Pick<BootstrapInterval, 'low' | 'high' | 'standardError' | 'numUndefined'>>
  >;
}

const COLUMN_NAMES: Readonly<Partial<Record<BinaryMetricName, string>>> = {
  auroc: 'AUROC',
  averagePrecision: 'AP',
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'F1',
  brierScore: 'Brier',
  expectedCalibrationError: 'ECE',
};

/**
 * Scores one condition with bootstrap intervals.
 * @throws {@link InputErrors} that names the condition, where its items cannot be scored
 */
export async function scoreCondition(
  item: LabelledScores,
  { threshold, resamples, seed }: LabelSettings,
  work: WorkOptions,
): Promise<ConditionScores> {
  try {
    const options = { threshold, weights: item.weights };
    const metrics = computeBinaryMetrics(item.labels, item.scores, options);
    await createBreath(work.signal).take();
    const bootstrap = { ...options, ...work, numResamples: resamples, seed };
    const whole = resamples > 0 ? await computeBinaryIntervalsAsync(item.labels, item.scores, bootstrap) : {};
    const intervals = Object.fromEntries(
      Object.entries(whole).map(([name, { low, high, standardError, numUndefined }]) => [
        name,
        { low, high, standardError, numUndefined },
      ]),
    );
    return { condition: item.condition ?? null, metrics, intervals };
  } catch (error) {
    if (!MetricsError.isInstance(error)) throw error;
    throw new InputErrors([{ subject: `condition ${nameOf(item)}`, message: describeError(error) }]);
  }
}

const number = (value: number) => value.toFixed(3);

function cellOf({ metrics, intervals }: ConditionScores, name: BinaryMetricName): string {
  const value = metrics[name];
  if (value === undefined) return '–';
  const interval = intervals[name];
  return interval ? `${number(value)} [${number(interval.low)}, ${number(interval.high)}]` : number(value);
}

const nameOf = ({ condition }: { readonly condition: string | null | undefined }) => condition ?? 'all items';

/** Why scores are undefined, one line a condition. */
function reasonsOf(scores: ConditionScores): string[] {
  const { reasons } = scores.metrics;
  const names = BINARY_METRIC_NAMES.filter((name) => name in COLUMN_NAMES && name in reasons);
  const texts = names.map((name) => `${COLUMN_NAMES[name]}: ${reasons[name]}`);
  return texts.length > 0 ? [`Undefined for ${nameOf(scores)}: ${texts.join('; ')}.`] : [];
}

/** How many samples left a score undefined, one line a condition. */
function undefinedSamplesOf(scores: ConditionScores, { resamples }: LabelSettings): string[] {
  const texts = BINARY_METRIC_NAMES.flatMap((name) => {
    const count = scores.intervals[name]?.numUndefined ?? 0;
    return name in COLUMN_NAMES && count > 0 ? [`${COLUMN_NAMES[name]}: ${count}`] : [];
  });
  if (texts.length === 0) return [];
  return [`Of ${resamples} samples of ${nameOf(scores)}, undefined and left out: ${texts.join('; ')}.`];
}

/** Scores whose samples left no interval, one line a condition. */
function missingIntervalsOf(scores: ConditionScores, { resamples }: LabelSettings): string[] {
  if (resamples === 0) return [];
  const names = BINARY_METRIC_NAMES.filter(
    (name) => name in COLUMN_NAMES && scores.metrics[name] !== undefined && !scores.intervals[name],
  );
  const texts = names.map((name) => COLUMN_NAMES[name]);
  return texts.length > 0
    ? [`No interval for ${nameOf(scores)}, too few samples define it: ${texts.join(', ')}.`]
    : [];
}

function notesOf(all: readonly ConditionScores[], settings: LabelSettings): string[] {
  const { threshold, resamples, seed } = settings;
  const intervals =
    resamples > 0
      ? ` Intervals: 95 %, percentile bootstrap over items, ${resamples} samples, seed ${seed}.`
      : '';
  return [
    `Predicted positive where score >= ${threshold}.${intervals}`,
    ...all.flatMap(reasonsOf),
    ...all.flatMap((scores) => undefinedSamplesOf(scores, settings)),
    ...all.flatMap((scores) => missingIntervalsOf(scores, settings)),
  ];
}

/** A column for each condition where there are few, a row for each otherwise. */
export function labelTable(all: readonly ConditionScores[], settings: LabelSettings): ScoreTable {
  const names = BINARY_METRIC_NAMES.filter((name) => name in COLUMN_NAMES);
  const notes = notesOf(all, settings);
  const counts = ({ metrics }: ConditionScores) => [String(metrics.numItems), number(metrics.prevalence)];
  if (all.length > 3) {
    const columns = ['condition', 'items', 'positive', ...names.map((name) => COLUMN_NAMES[name]!)];
    return {
      columns,
      rows: all.map((each) => [nameOf(each), ...counts(each), ...names.map((name) => cellOf(each, name))]),
      notes,
    };
  }
  const labels = ['items', 'positive share', ...names.map((name) => COLUMN_NAMES[name]!)];
  const columnsOfCells = all.map((each) => [...counts(each), ...names.map((name) => cellOf(each, name))]);
  return {
    columns: ['score', ...all.map(nameOf)],
    rows: labels.map((label, at) => [label, ...columnsOfCells.map((cells) => cells[at]!)]),
    notes,
  };
}

/** Draws everything that is defined, a curve at a time so that Ctrl+C is heard in between. */
async function drawCurves<Item, Curve>(
  items: readonly Item[],
  breath: Breath,
  curveOf: (item: Item) => Curve,
  render: (curves: readonly Curve[]) => string,
): Promise<string | undefined> {
  const curves: Curve[] = [];
  for (const item of items) {
    await breath.take();
    curves.push(curveOf(item));
  }
  await breath.take();
  return curves.length > 0 ? render(curves) : undefined;
}

/** ROC, precision-recall, calibration and confusion plots of everything that is defined. */
export async function labelPlots(
  data: readonly LabelledScores[],
  all: readonly ConditionScores[],
  { threshold }: LabelSettings,
  signal?: AbortSignal,
): Promise<Plot[]> {
  const breath = createBreath(signal);
  const items = data.map((each, at) => ({ ...each, ...all[at]!, weighted: { weights: each.weights } }));
  const withValue = (name: BinaryMetricName, short: string) =>
    items.flatMap((item) => {
      const value = item.metrics[name];
      return value === undefined ? [] : [{ ...item, name: `${nameOf(item)} (${short} ${number(value)})` }];
    });
  const roc = await drawCurves(
    withValue('auroc', 'AUROC'),
    breath,
    ({ name, labels, scores, weighted }) => ({
      name,
      curve: computeRocCurve(labels, scores, { ...weighted, dropCollinear: true }),
    }),
    renderRocSvg,
  );
  const precisionRecall = await drawCurves(
    withValue('averagePrecision', 'AP'),
    breath,
    ({ name, labels, scores, weighted, metrics }) => ({
      name,
      curve: computePrecisionRecallCurve(labels, scores, weighted),
      prevalence: metrics.prevalence,
    }),
    renderPrecisionRecallSvg,
  );
  const calibration = await drawCurves(
    withValue('expectedCalibrationError', 'ECE'),
    breath,
    ({ name, labels, scores, weighted }) => ({
      name,
      calibration: computeCalibration(labels, scores, weighted),
    }),
    renderCalibrationSvg,
  );
  const curves = { roc, 'precision-recall': precisionRecall, calibration };
  return [
    ...Object.entries(curves).flatMap(([name, svg]) => (svg === undefined ? [] : [{ name, svg }])),
    ...confusionPlots(all, threshold),
  ];
}

/** Names of the confusion plots of conditions, each once. */
function confusionNames(conditions: readonly (string | null | undefined)[]): string[] {
  const taken = new Set<string>();
  return conditions.map((condition, at) => {
    const base = condition == null ? 'confusion' : `confusion-${fileNameOf(condition)}`;
    const name = taken.has(base) ? `${base}-${at + 1}` : base;
    taken.add(name);
    return name;
  });
}

/** Every name that {@link labelPlots} may give to a plot of these conditions, also where some of them cannot be scored. */
export function labelPlotNames(data: readonly LabelledScores[]): string[] {
  const conditions = data.map(({ condition }) => condition);
  return ['roc', 'precision-recall', 'calibration', ...confusionNames(conditions)];
}

function confusionPlots(all: readonly ConditionScores[], threshold: number): Plot[] {
  const names = confusionNames(all.map(({ condition }) => condition));
  return all.map(({ condition, metrics: { confusion } }, at) => {
    const { trueNegatives, falsePositives, falseNegatives, truePositives } = confusion;
    const matrix = [
      [trueNegatives, falsePositives],
      [falseNegatives, truePositives],
    ];
    return {
      name: names[at]!,
      svg: renderConfusionSvg(matrix, { title: `${nameOf({ condition })}, threshold ${threshold}` }),
    };
  });
}
