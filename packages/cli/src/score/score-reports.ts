import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
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
import type { LoadMeteorOptions } from '@crrg/metrics/meteor';
import { createBreath } from '../breath.js';
import { describeError } from '../errors.js';
import type { Plot } from './plot-files.js';
import type { ReportPairs } from './report-pairs.js';

/** Settings that change the numbers. */
export interface ReportSettings {
  readonly metrics: readonly ReportMetricName[];
  readonly tokenizer: 'ptb' | 'rgrg' | 'none';
  /** Document frequencies of CIDEr: those of the references, or all 1. */
  readonly ciderFrequencies: 'references' | 'none';
  /** Stems for ROUGE-1, -2 and -L with beta 1. */
  readonly rougeStem?: boolean | undefined;
  /** METEOR's own table of paraphrases. */
  readonly meteorParaphrases?: string | undefined;
}

interface ScoreWork {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: EvaluationProgress) => void) | undefined;
}

/** What METEOR is loaded with. @throws {@link InputErrors} where the table cannot be read */
async function meteorOptions(table: string, signal: AbortSignal | undefined): Promise<LoadMeteorOptions> {
  const { readParaphraseTable } = await import('@crrg/metrics/meteor');
  try {
    const stream = Readable.toWeb(createReadStream(table)) as ReadableStream<Uint8Array>;
    return { paraphrases: await readParaphraseTable(stream, { signal }) };
  } catch (error) {
    signal?.throwIfAborted();
    throw new InputErrors([{ subject: table, message: describeError(error), cause: error }]);
  }
}

/** Evaluates reports of one or two systems with the same settings; the item that is at fault is named by its place in the user's file. */
export async function createReportScorer(
  { metrics, tokenizer, ciderFrequencies, rougeStem, meteorParaphrases }: ReportSettings,
  work: ScoreWork,
): Promise<
  (pairs: Pick<ReportPairs, 'candidates' | 'references' | 'subjects'>) => Promise<ReportEvaluation>
> {
  const table = metrics.includes('meteor') ? meteorParaphrases : undefined;
  const meteor = table === undefined ? undefined : await meteorOptions(table, work.signal);
  return async (pairs) => {
    try {
      return await evaluateReports(pairs.candidates, pairs.references, {
        metrics,
        tokenizer,
        cider: { documentFrequencies: ciderFrequencies },
        rouge: { stem: rougeStem },
        meteor,
        keepStatistics: true,
        ...work,
      });
    } catch (error) {
      const index = MetricsError.isInstance(error) ? error.details['index'] : undefined;
      if (typeof index !== 'number') throw error;
      throw new InputErrors([{ subject: pairs.subjects[index]!, message: (error as Error).message }]);
    }
  };
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
  bertscorePrecision: 'BERTScore precision',
  bertscoreRecall: 'BERTScore recall',
  bertscoreF1: 'BERTScore F1',
  radgraphSimple: 'RadGraph F1 simple',
  radgraphPartial: 'RadGraph F1 partial',
  radgraphComplete: 'RadGraph F1 complete',
  radgraphCombined: 'RadGraph F1 combined',
  radcliqV1: 'RadCliQ-v1',
};

const AVERAGE = /^chexbert(Micro|Macro|Weighted|Example)(14|5)(Precision|Recall|F1)$/;
const FINDING = /^chexbert(\w+)F1$/;

/** A score's name for people. */
export function scoreName(score: string): string {
  const [, average, count, measure] = AVERAGE.exec(score) ?? [];
  if (average)
    return `CheXbert ${average.toLowerCase()}-${count} ${measure === 'F1' ? 'F1' : measure!.toLowerCase()}`;
  const [, finding] = FINDING.exec(score) ?? [];
  return COLUMN_NAMES[score] ?? (finding ? `CheXbert ${spaced(finding)} F1` : score);
}

const spaced = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');

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
