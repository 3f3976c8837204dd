import type { AbortOptions } from '@crrg/core';
import { bleuFromCounts, computeBleu, computeCider, computeRougeL, tokenizeRgrg } from '@crrg/metrics';
import { createBreath } from '../breath.js';
import type { EvaluationOptions, Intervals, PatientItem } from '../intervals.js';
import type { MeteorStatistics } from '../meteor-statistics.js';
import { computeSummedIntervals, type SummedItem } from '../summed-intervals.js';

/** A generated report beside the reference. */
export interface ReportPair extends PatientItem {
  readonly text: string;
  /** Not empty. */
  readonly reference: string;
}

/** Scores of whole reports, in the order of the paper's Table 1. */
export const REPORT_SCORES = [
  'bleu1',
  'bleu2',
  'bleu3',
  'bleu4',
  'meteor',
  'rougeL',
  'cider',
  'ciderCorpus',
] as const;

/** One of {@link REPORT_SCORES}. `cider`: every n-gram weighs the same, as RGRG's figures come about; `ciderCorpus`: frequencies of the references. */
export type ReportScoreName = (typeof REPORT_SCORES)[number];

/** How close generated reports come to their references. */
export interface ReportTextEvaluation {
  readonly scores: Intervals<ReportScoreName>;
  readonly numReports: number;
}

const countsOf = (candidate: string, reference: string): number[] => {
  const { candidateLength, referenceLength, total, matched } = computeBleu([candidate], [reference]).counts;
  return [candidateLength, referenceLength, ...total, ...matched];
};

function bleuOf([candidateLength, referenceLength, ...counts]: readonly number[]) {
  const four = (from: number) => counts.slice(from, from + 4) as [number, number, number, number];
  const lengths = { candidateLength: candidateLength!, referenceLength: referenceLength! };
  return bleuFromCounts({ ...lengths, total: four(0), matched: four(4) });
}

/**
 * BLEU-1 to 4, METEOR, ROUGE-L and CIDEr-D of reports against one reference each, with RGRG's tokenisation, and intervals from samples of
 * patients. Document frequencies of CIDEr are those of all references in every sample.
 *
 * Source: docs/reference/evaluation.md#report-metrics.
 * @throws `MetricsError` for no reports
 */
export async function evaluateReportTexts(
  pairs: readonly ReportPair[],
  meteor: MeteorStatistics,
  options: EvaluationOptions & AbortOptions = {},
): Promise<ReportTextEvaluation> {
  const breathe = createBreath(options.signal);
  const texts = pairs.map(({ text }) => tokenizeRgrg(text));
  const references = pairs.map(({ reference }) => tokenizeRgrg(reference));
  const cider = computeCider(texts, references, { documentFrequencies: 'none' }).items;
  const ciderCorpus = computeCider(texts, references).items;
  const rougeL = computeRougeL(texts, references).items;
  const items: SummedItem[] = [];
  for (const [at, { patient }] of pairs.entries()) {
    await breathe();
    const [text, reference] = [texts[at]!, references[at]!];
    items.push({
      patient,
      sums: {
        bleu: countsOf(text, reference),
        meteor: meteor.of(text, reference),
        means: [rougeL[at]!, cider[at]!, ciderCorpus[at]!, 1],
      },
    });
  }
  const scores = computeSummedIntervals(
    items,
    (sumOf) => {
      const [bleu1, bleu2, bleu3, bleu4] = bleuOf(Array.from(sumOf('bleu')));
      const [sumOfRouge, sumOfCider, sumOfCorpus, count] = sumOf('means') as unknown as number[];
      return {
        ...{ bleu1, bleu2, bleu3, bleu4 },
        meteor: meteor.score(sumOf('meteor')),
        rougeL: sumOfRouge! / count!,
        cider: sumOfCider! / count!,
        ciderCorpus: sumOfCorpus! / count!,
      };
    },
    options,
  );
  return { scores, numReports: pairs.length };
}
