import { MetricsError } from '../errors.js';
import { computeBootstrapIntervalsAsync, type BootstrapInterval } from '../statistics/bootstrap.js';
import { computeRandomisationTestsAsync, type RandomisationTest } from '../statistics/randomisation.js';
import type { WorkOptions } from '../steps.js';
import type { ReportEvaluation } from './evaluate.js';
import { GroupedStatistics, addGroups, countDraws } from './item-sums.js';
import type { Scores } from './metric.js';

/** Options of {@link compareReports}. */
export interface ReportComparisonOptions extends WorkOptions {
  /** For each item: outputs of one patient are swapped and drawn together. @defaultValue each report is of a patient of its own */
  readonly patients?: readonly (string | undefined)[] | undefined;
  /** Random swaps of the test. @defaultValue 10000 */
  readonly numTrials?: number | undefined;
  /** Samples of the interval. @defaultValue 1000 */
  readonly numResamples?: number | undefined;
  /** Coverage of the interval, in (0, 1). @defaultValue 0.95 */
  readonly level?: number | undefined;
  /** @defaultValue 0 */
  readonly seed?: number | undefined;
}

/** How far two systems are apart in one score. Plain data. */
export interface ReportDifference extends RandomisationTest {
  readonly first: number;
  readonly second: number;
  /** Bounds of the difference, by a paired bootstrap; absent where too few samples define it. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly standardError?: number | undefined;
}

const WHERE = 'compareReports';

/**
 * Two systems on the same items: for each total, the difference (first minus second), its interval by a paired bootstrap and the p-value of
 * paired approximate randomisation. Corpus scores are computed again from summed counts. A score that one of them leaves undefined is
 * left out, and a sample or swap that leaves it undefined speaks for no difference.
 *
 * @example
 * ```ts
 * const [ours, theirs] = await Promise.all([candidates, otherCandidates].map((texts) => evaluateReports(texts, references, { keepStatistics: true })));
 * const { bleu4 } = await compareReports(ours, theirs, { patients });
 * console.log(bleu4.difference, bleu4.low, bleu4.high, bleu4.pValue);
 * ```
 * @throws {@link MetricsError} `INPUT` where they have other items or patients, `OPTION` where they were made in other ways or keep no statistics
 */
export async function compareReports(
  first: ReportEvaluation,
  second: ReportEvaluation,
  options: ReportComparisonOptions = {},
): Promise<Record<string, ReportDifference>> {
  checkSame(first, second);
  const { patients, numTrials, numResamples, level, ...work } = options;
  const [ours, theirs] = [first, second].map(
    (evaluation) => new GroupedStatistics(WHERE, evaluation, patients),
  ) as [GroupedStatistics, GroupedStatistics];
  const names = Object.keys(first.totals);
  const intervals = await computeBootstrapIntervalsAsync(ours.groupCount, pairedSampler(ours, theirs), {
    ...work,
    numResamples,
    level,
  });
  const scales = sizesOf(names, first.totals, second.totals);
  const tests = await computeRandomisationTestsAsync(
    ours.groupCount,
    pairedSwapper(ours, theirs),
    { ...work, numTrials },
    scales,
  );
  return Object.fromEntries(
    names.flatMap((name) => {
      const test = tests[name];
      const [one, two] = [first.totals[name], second.totals[name]];
      if (test === undefined || one === undefined || two === undefined) return [];
      return [[name, { ...test, first: one, second: two, ...boundsOf(intervals[name]) }]];
    }),
  );
}

function checkSame(first: ReportEvaluation, second: ReportEvaluation): void {
  if (first.itemCount !== second.itemCount)
    throw new MetricsError(
      'INPUT',
      `metrics.${WHERE}: expected evaluations of the same items, got ${first.itemCount} and ${second.itemCount}; give both systems' reports in one order.`,
    );
  const names = [...new Set([...Object.keys(first.signatures), ...Object.keys(second.signatures)])];
  const other = names.find((name) => first.signatures[name] !== second.signatures[name]);
  if (other !== undefined)
    throw new MetricsError(
      'OPTION',
      `metrics.${WHERE}: expected evaluations made in one way, got ${first.signatures[other] ?? 'none'} and ${second.signatures[other] ?? 'none'}; evaluate both with the same options.`,
    );
}

function boundsOf(interval: BootstrapInterval | undefined) {
  return interval && { low: interval.low, high: interval.high, standardError: interval.standardError };
}

function differencesOf(first: Scores, second: Scores): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(first).map(([name, score]) => {
      const other = second[name];
      return [name, score === undefined || other === undefined ? undefined : score - other];
    }),
  );
}

/** How large the numbers are whose difference is taken. */
function sizesOf(names: readonly string[], first: Scores, second: Scores): Record<string, number> {
  return Object.fromEntries(
    names.map((name) => [name, Math.abs(first[name] ?? 0) + Math.abs(second[name] ?? 0)]),
  );
}

/** The difference of two systems on drawn groups. */
function pairedSampler(ours: GroupedStatistics, theirs: GroupedStatistics) {
  const { groupCount, width } = ours;
  const [first, second] = [new Float64Array(width), new Float64Array(width)];
  const counts = new Uint32Array(groupCount);
  return (indices: Uint32Array) => {
    countDraws(indices, counts);
    first.fill(0);
    second.fill(0);
    addGroups(first, counts, ours.values, width);
    addGroups(second, counts, theirs.values, width);
    return differencesOf(ours.scoresOf(first), theirs.scoresOf(second));
  };
}

/** The difference of two systems whose outputs for marked groups are exchanged: only what changes is added up. */
function pairedSwapper(ours: GroupedStatistics, theirs: GroupedStatistics) {
  const { groupCount, width } = ours;
  const gaps = theirs.values.map((value, at) => value - ours.values[at]!);
  const everyone = new Uint8Array(groupCount).fill(1);
  const [firstWhole, secondWhole] = [new Float64Array(width), new Float64Array(width)];
  addGroups(firstWhole, everyone, ours.values, width);
  addGroups(secondWhole, everyone, theirs.values, width);
  const [moved, first, second] = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
  return (isSwapped: Uint8Array) => {
    moved.fill(0);
    addGroups(moved, isSwapped, gaps, width);
    for (let at = 0; at < width; at++) {
      first[at] = firstWhole[at]! + moved[at]!;
      second[at] = secondWhole[at]! - moved[at]!;
    }
    return differencesOf(ours.scoresOf(first), theirs.scoresOf(second));
  };
}
