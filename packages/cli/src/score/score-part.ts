import {
  compareReports,
  computeReportIntervals,
  type BootstrapInterval,
  type ReportDifference,
  type ReportEvaluation,
  type WorkProgress,
} from '@crrg/metrics';
import type { Patients } from './patients.js';
import type { ScoreTable } from './table.js';

/** Items that are scored together, and how they were put together. */
export interface PartItems {
  readonly pairedBy: string;
  /** References without a candidate, left out. */
  readonly numUnmatched: number;
  readonly patients?: Patients | undefined;
  /** Lines for people: what was read, what was assumed. */
  readonly notes: readonly string[];
}

/** One evaluation, and that of another system on the same items. */
export interface ScorePart {
  readonly items: PartItems;
  readonly evaluation: ReportEvaluation;
  readonly other?: { readonly file: string; readonly evaluation: ReportEvaluation } | undefined;
}

/** Settings of intervals and tests. */
export interface PartSettings {
  /** 0 for no intervals. */
  readonly resamples: number;
  readonly seed: number;
}

/** A part with its intervals and comparison. */
export interface ScoredPart extends ScorePart {
  readonly settings: PartSettings;
  readonly intervals: Readonly<Record<string, BootstrapInterval>>;
  readonly differences: Readonly<Record<string, ReportDifference>>;
}

/** Swaps of the test. */
const NUM_TRIALS = 10_000;
/** What the bootstrap takes at least. */
const FEWEST_RESAMPLES = 2;

const withoutIntervals = (differences: ScoredPart['differences']): ScoredPart['differences'] =>
  Object.fromEntries(
    Object.entries(differences).map(([name, { low: _, high: _high, standardError: _error, ...rest }]) => [
      name,
      rest,
    ]),
  );

const drawnCount = ({ items: { patients }, evaluation }: ScorePart) =>
  patients ? new Set(patients.names.map((name, at) => name ?? at)).size : evaluation.itemCount;

/** Adds intervals and, where there is another system, differences. One patient gives neither. */
export async function scorePart(
  part: ScorePart,
  settings: PartSettings,
  work: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((stage: string, event: WorkProgress) => void) | undefined;
  },
): Promise<ScoredPart> {
  const { resamples: numResamples, seed } = settings;
  const { evaluation, other, items } = part;
  const { signal } = work;
  const watched = (stage: string) => ({
    signal,
    onProgress: (event: WorkProgress) => work.onProgress?.(stage, event),
  });
  const options = { patients: items.patients?.names, seed };
  const hasIntervals = numResamples > 0 && drawnCount(part) > 1;
  const intervals = hasIntervals
    ? await computeReportIntervals(evaluation, { ...options, ...watched('sample'), numResamples })
    : {};
  const differences =
    other && drawnCount(part) > 1
      ? await compareReports(evaluation, other.evaluation, {
          ...options,
          ...watched('step'),
          numTrials: NUM_TRIALS,
          numResamples: numResamples || FEWEST_RESAMPLES,
        })
      : {};
  return {
    ...part,
    settings,
    intervals,
    differences: numResamples > 0 ? differences : withoutIntervals(differences),
  };
}

/** Four digits; a negative number that rounds to nothing has no sign. */
const number = (value: number) => value.toFixed(4).replace(/^-(?=0\.0*$)/, '');
const bounds = ({ low, high }: { readonly low: number; readonly high: number }) =>
  ` [${number(low)}, ${number(high)}]`;

/** What is said under a table of scores. */
export function partNotes(part: ScoredPart): string[] {
  const { items, evaluation, settings, other } = part;
  const { patients } = items;
  const unmatched =
    items.numUnmatched > 0 ? ` References without a candidate, left out: ${items.numUnmatched}.` : '';
  const count = drawnCount(part);
  const who = patients ? `${count} patients (${patients.field})` : `${count} reports`;
  const intervals =
    Object.keys(part.intervals).length > 0
      ? [
          `Intervals: 95 %, percentile bootstrap over ${who}, ${settings.resamples} samples, seed ${settings.seed}.`,
        ]
      : settings.resamples > 0 && count < 2
        ? [`No intervals: ${who.replace(/s(?= |$)/, '')}.`]
        : [];
  const test =
    Object.keys(part.differences).length > 0
      ? [
          `p: two-sided, ${Object.values(part.differences)[0]!.numTrials} paired swaps over ${who}; not corrected for the number of scores.`,
        ]
      : [];
  return [
    `${evaluation.itemCount} reports, paired by ${items.pairedBy}.${unmatched}`,
    ...(other
      ? [`Compared with ${other.file}: a positive difference is a higher score of the candidates.`]
      : []),
    ...items.notes,
    ...intervals,
    ...test,
    ...Object.values(evaluation.signatures),
  ];
}

/** One row a score: value with interval, or both systems, their difference and its p-value. */
export function partsTable(parts: readonly ScoredPart[], nameOf: (score: string) => string): ScoreTable {
  const isComparison = parts.some(({ other }) => other);
  return {
    columns: isComparison ? ['score', 'candidates', 'compared', 'difference', 'p'] : ['score', 'value'],
    rows: parts.flatMap((part) =>
      Object.entries(part.evaluation.totals).map(([score, value]) => {
        const interval = part.intervals[score];
        const cell = value === undefined ? '–' : `${number(value)}${interval ? bounds(interval) : ''}`;
        return [nameOf(score), cell, ...(isComparison ? comparisonCells(part, score) : [])];
      }),
    ),
    notes: parts.flatMap(partNotes),
  };
}

function comparisonCells({ other, differences }: ScoredPart, score: string): string[] {
  const value = other?.evaluation.totals[score];
  const test = differences[score];
  const { low, high } = test ?? {};
  const interval = low === undefined || high === undefined ? '' : bounds({ low, high });
  return [
    value === undefined ? '–' : number(value),
    test ? `${number(test.difference)}${interval}` : '–',
    test ? test.pValue.toFixed(4) : '–',
  ];
}

/** What `--format json` prints of a part. */
export function partJson(part: ScoredPart) {
  const { evaluation, items, intervals, differences, other, settings } = part;
  const hasIntervals = Object.keys(intervals).length > 0;
  return {
    itemCount: evaluation.itemCount,
    pairedBy: items.pairedBy,
    numUnmatched: items.numUnmatched,
    totals: evaluation.totals,
    ...(hasIntervals
      ? {
          intervals: Object.fromEntries(
            Object.entries(intervals).map(([name, { low, high, standardError, numUndefined }]) => [
              name,
              { low, high, standardError, numUndefined },
            ]),
          ),
          resamples: settings.resamples,
          seed: settings.seed,
          level: 0.95,
          drawnBy: items.patients ? `patient (${items.patients.field})` : 'report',
          numDrawn: drawnCount(part),
        }
      : {}),
    ...(other ? { comparison: { file: other.file, totals: other.evaluation.totals, differences } } : {}),
    signatures: evaluation.signatures,
  };
}
