import type { AbortOptions } from '@crrg/core';
import { computeReportIntervals, evaluateReports, type BootstrapInterval } from '@crrg/metrics';
import type { Meteor } from '@crrg/metrics/meteor';
import type { EvaluationOptions, Intervals, PatientItem } from '../intervals.js';

/** A generated report beside the reference. */
export interface ReportPair extends PatientItem {
  readonly text: string;
  /** Not empty. */
  readonly reference: string;
}

/** Scores of whole reports: those of the paper's Table 1 in its order, then others. */
export const REPORT_SCORES = [
  'bleu1',
  'bleu2',
  'bleu3',
  'bleu4',
  'meteor',
  'rougeL',
  'cider',
  'ciderCorpus',
  'rouge1F1',
  'rouge2F1',
  'rougeLF1',
] as const;

/**
 * One of {@link REPORT_SCORES}. `cider`: every n-gram weighs the same, as RGRG's figures come about; `ciderCorpus`: frequencies of the references;
 * `rougeL` has beta 1.2, `rougeLF1` beta 1.
 */
export type ReportScoreName = (typeof REPORT_SCORES)[number];

/** How close generated reports come to their references. */
export interface ReportTextEvaluation {
  readonly scores: Intervals<ReportScoreName>;
  readonly numReports: number;
  /** By metric: what a reader needs to get the same numbers. */
  readonly signatures: Readonly<Record<string, string>>;
}

/**
 * BLEU-1 to 4, METEOR, ROUGE and CIDEr-D of reports against one reference each, with RGRG's tokenisation, and intervals from samples of
 * patients. Document frequencies of CIDEr are those of all references in every sample.
 *
 * Source: docs/reference/evaluation.md#report-metrics.
 * @throws `MetricsError` for no reports; `signal.reason` on abort
 */
export async function evaluateReportTexts(
  pairs: readonly ReportPair[],
  {
    meteor,
    signal,
    ...sampling
  }: EvaluationOptions & AbortOptions & { readonly meteor?: Meteor | undefined } = {},
): Promise<ReportTextEvaluation> {
  const texts = pairs.map(({ text }) => text);
  const references = pairs.map(({ reference }) => reference);
  const patients = pairs.map(({ patient }) => patient);
  const settings = { tokenizer: 'rgrg', meteor, keepStatistics: true, signal } as const;
  const evaluation = await evaluateReports(texts, references, {
    ...settings,
    metrics: ['bleu', 'meteor', 'rougeL', 'cider', 'rouge'],
    cider: { documentFrequencies: 'none' },
  });
  const corpus = await evaluateReports(texts, references, { ...settings, metrics: ['cider'] });
  const options = { ...sampling, patients, signal };
  const intervals = await computeReportIntervals(evaluation, options);
  const { cider } = await computeReportIntervals(corpus, options);
  const all: Readonly<Record<string, BootstrapInterval | undefined>> = { ...intervals, ciderCorpus: cider };
  const named = REPORT_SCORES.flatMap((name) => {
    const interval = all[name];
    return interval ? [[name, interval] as const] : [];
  });
  return {
    scores: Object.fromEntries(named),
    numReports: pairs.length,
    signatures: { ...evaluation.signatures, ciderCorpus: corpus.signatures['cider']! },
  };
}
