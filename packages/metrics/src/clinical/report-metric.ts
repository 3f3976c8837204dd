import { ItemNumbers } from '../evaluate/item-statistics.js';
import type { ReportMetric, Scores } from '../evaluate/metric.js';
import type { TextItem } from '../text/items.js';
import { AGREEMENT_LENGTH, agreementFrom, agreementNumbers, type LabelAgreement } from './label-agreement.js';
import { toCodes } from './label-values.js';
import { labelReport } from './labeller.js';

/** Changes when the rules of {@link labelReport} give other labels. */
const RULES_VERSION = '1';

function namedScores({ micro14, micro5, macro14, example14 }: LabelAgreement): Scores {
  return {
    clinicalMicro5Precision: micro5.precision,
    clinicalMicro5Recall: micro5.recall,
    clinicalMicro5F1: micro5.f1,
    clinicalMicro14F1: micro14.f1,
    clinicalMacro14F1: macro14.f1,
    clinicalExample14Precision: example14.precision,
    clinicalExample14Recall: example14.recall,
    clinicalExample14F1: example14.f1,
  };
}

/** What an item adds to the scores; its references are read as one report. */
function numbersOf({ candidate, references }: TextItem): number[] {
  const [ours, theirs] = [candidate, references.join('\n\n')].map((text) =>
    toCodes('metrics.evaluateReports', labelReport(text).labels, 'status', 'report', 0),
  ) as [Uint8Array, Uint8Array];
  return agreementNumbers(ours, theirs);
}

/**
 * The metric `clinical` of {@link evaluateReports}: {@link labelReport} and {@link computeLabelAgreement}. An item's own score is the F1
 * of its 14 labels (`clinicalExample14F1`). Several references of an item are read as one report.
 *
 * @example
 * ```ts
 * const { totals } = await evaluateReports(candidates, references, { metrics: ['bleu', 'clinical'] });
 * console.log(totals.bleu4, totals.clinicalMicro5F1);
 * ```
 */
export function clinicalMetric(): ReportMetric {
  return {
    name: 'clinical',
    text: 'raw',
    start: ({ itemCount, keepStatistics }) => {
      const sums = new Float64Array(AGREEMENT_LENGTH);
      const rows = keepStatistics ? new ItemNumbers(itemCount, AGREEMENT_LENGTH) : undefined;
      const totals = (numbers: ArrayLike<number>, count: number) =>
        namedScores(agreementFrom(numbers, count));
      return {
        signature: {
          labeller: `crrg-rules-${RULES_VERSION}`,
          phrases: 'chexpert',
          uncertain: 'micro+macro:positive',
        },
        score: (item) => {
          const numbers = numbersOf(item);
          numbers.forEach((value, at) => (sums[at]! += value));
          rows?.add(numbers);
          return { clinicalExample14F1: agreementFrom(numbers, 1).example14.f1 };
        },
        finish: () => totals(sums, itemCount),
        statistics: rows && (() => rows.with(totals)),
      };
    },
  };
}
