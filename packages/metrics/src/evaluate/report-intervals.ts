import {
  computeBootstrapIntervalsAsync,
  type BootstrapInterval,
  type BootstrapOptions,
} from '../statistics/index.js';
import type { WorkOptions } from '../steps.js';
import type { ReportEvaluation } from './evaluate.js';
import { GroupedStatistics, addGroups, countDraws } from './item-sums.js';

/** Options of {@link computeReportIntervals}: of the bootstrap, and who the reports are of. */
export interface ReportIntervalOptions extends Omit<BootstrapOptions, 'strata'>, WorkOptions {
  /** For each item: reports of one patient are drawn together. @defaultValue each report is of a patient of its own */
  readonly patients?: readonly (string | undefined)[] | undefined;
}

/**
 * Bootstrap intervals of all totals of an evaluation, by score name. Corpus scores such as BLEU and METEOR are computed again from the summed
 * counts of the drawn reports, so that ten thousand samples take seconds; document frequencies (CIDEr, TF-IDF) stay those of all reports.
 * Metrics of your own that keep no statistics have none.
 *
 * @example
 * ```ts
 * const evaluation = await evaluateReports(candidates, references, { keepStatistics: true });
 * const { bleu4 } = await computeReportIntervals(evaluation, { patients, numResamples: 10_000 });
 * ```
 * @throws {@link MetricsError} `OPTION` for wrong options and an evaluation without statistics, `INPUT` for patients of other items; the signal's
 * reason where it is aborted
 */
export async function computeReportIntervals(
  evaluation: ReportEvaluation,
  { patients, ...options }: ReportIntervalOptions = {},
): Promise<Record<string, BootstrapInterval>> {
  const groups = new GroupedStatistics('computeReportIntervals', evaluation, patients);
  const { groupCount, values, width } = groups;
  const sums = new Float64Array(width);
  const counts = new Uint32Array(groupCount);
  const statistics = (indices: Uint32Array) => {
    sums.fill(0);
    addGroups(sums, countDraws(indices, counts), values, width);
    return groups.scoresOf(sums);
  };
  return computeBootstrapIntervalsAsync(groupCount, statistics, options);
}
