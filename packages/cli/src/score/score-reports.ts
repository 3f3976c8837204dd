import { InputErrors } from '@crrg/core';
import {
  CLINICAL_FINDINGS,
  evaluateReports,
  labelReport,
  MetricsError,
  renderConfusionSvg,
  type EvaluationProgress,
  type LabelStatus,
  type ReportEvaluation,
  type ReportMetricName,
} from '@crrg/metrics';
import { createBreath } from '../breath.js';
import type { Plot } from './plot-files.js';
import type { ReportPairs } from './report-pairs.js';
import type { ScoreTable } from './table.js';

/** Settings that change the numbers. */
export interface ReportSettings {
  readonly metrics: readonly ReportMetricName[];
  readonly tokenizer: 'ptb' | 'rgrg' | 'none';
  /** Document frequencies of CIDEr: those of the references, or all 1. */
  readonly ciderFrequencies: 'references' | 'none';
}

/** Scores with the item that is at fault named by its place in the user's file. */
export async function scoreReports(
  pairs: ReportPairs,
  { metrics, tokenizer, ciderFrequencies }: ReportSettings,
  options: {
    signal?: AbortSignal | undefined;
    onProgress?: ((event: EvaluationProgress) => void) | undefined;
  },
): Promise<ReportEvaluation> {
  try {
    return await evaluateReports(pairs.candidates, pairs.references, {
      metrics,
      tokenizer,
      cider: { documentFrequencies: ciderFrequencies },
      ...options,
    });
  } catch (error) {
    const index = MetricsError.isInstance(error) ? error.details['index'] : undefined;
    if (typeof index !== 'number') throw error;
    throw new InputErrors([{ subject: pairs.subjects[index]!, message: (error as Error).message }]);
  }
}

const COLUMN_NAMES: Readonly<Record<string, string>> = {
  bleu1: 'BLEU-1',
  bleu2: 'BLEU-2',
  bleu3: 'BLEU-3',
  bleu4: 'BLEU-4',
  rougeL: 'ROUGE-L',
  rouge1F1: 'ROUGE-1 F1',
  rouge2F1: 'ROUGE-2 F1',
  rougeLF1: 'ROUGE-L F1',
  cider: 'CIDEr-D',
  meteor: 'METEOR',
  tfidf: 'TF-IDF cosine',
  clinicalMicro5Precision: 'clinical micro-5 precision',
  clinicalMicro5Recall: 'clinical micro-5 recall',
  clinicalMicro5F1: 'clinical micro-5 F1',
  clinicalMicro14F1: 'clinical micro-14 F1',
  clinicalMacro14F1: 'clinical macro-14 F1',
  clinicalExample14Precision: 'clinical example-14 precision',
  clinicalExample14Recall: 'clinical example-14 recall',
  clinicalExample14F1: 'clinical example-14 F1',
  temporalF1: 'temporal F1',
};

/** One row a score, and the signatures that a reader needs to get them again. */
export function reportTable(
  { itemCount, totals, signatures }: ReportEvaluation,
  { numUnmatched, pairedBy, textFields, notes }: ReportPairs,
): ScoreTable {
  return {
    columns: ['score', 'value'],
    rows: Object.entries(totals).map(([name, value]) => [
      COLUMN_NAMES[name] ?? name,
      value === undefined ? '–' : value.toFixed(4),
    ]),
    notes: [
      `${itemCount} reports, paired by ${pairedBy}.${numUnmatched > 0 ? ` References without a candidate, left out: ${numUnmatched}.` : ''}`,
      `Texts: ${textFields.candidates} of the candidates, ${textFields.references} of the references.`,
      ...notes,
      ...Object.values(signatures),
    ],
  };
}

/** Name of the only plot of {@link reportPlots}. */
export const REPORT_PLOT_NAME = 'clinical-labels';

const STATUSES: readonly (LabelStatus | undefined)[] = ['positive', 'uncertain', 'negative', undefined];
const STATUS_NAMES = STATUSES.map((status) => status ?? 'not mentioned');

/** What candidates say of the 13 findings against what references say, counted over all reports. */
export async function reportPlots(
  { candidates, references }: ReportPairs,
  signal: AbortSignal | undefined,
): Promise<Plot[]> {
  const matrix = STATUSES.map(() => STATUSES.map(() => 0));
  const breath = createBreath(signal);
  for (const [at, candidate] of candidates.entries()) {
    if (breath.isDue()) await breath.take();
    const ours = labelReport(candidate).labels;
    const theirs = labelReport(references[at]!.join('\n\n')).labels;
    for (const finding of CLINICAL_FINDINGS)
      if (finding !== 'No Finding')
        matrix[STATUSES.indexOf(theirs[finding])]![STATUSES.indexOf(ours[finding])]! += 1;
  }
  const options = {
    classNames: STATUS_NAMES,
    title: 'Findings of all reports',
    rowLabel: 'Reference',
    columnLabel: 'Candidate',
  };
  return [{ name: REPORT_PLOT_NAME, svg: renderConfusionSvg(matrix, options) }];
}
