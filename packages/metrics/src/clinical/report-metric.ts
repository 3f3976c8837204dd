import type { ReportMetric, Scores } from '../evaluate/metric.js';
import type { TextItem } from '../text/items.js';
import type { ReportLabels } from './findings.js';
import { computeLabelAgreement, type LabelAgreement } from './label-agreement.js';
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

/** Labels of a candidate, and of its references read as one report. */
function labelItem({ candidate, references }: TextItem): readonly [ReportLabels, ReportLabels] {
  return [labelReport(candidate).labels, labelReport(references.join('\n\n')).labels];
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
    start: () => {
      const candidates: ReportLabels[] = [];
      const references: ReportLabels[] = [];
      return {
        signature: {
          labeller: `crrg-rules-${RULES_VERSION}`,
          phrases: 'chexpert',
          uncertain: 'micro+macro:positive',
        },
        score: (item) => {
          const [candidate, reference] = labelItem(item);
          candidates.push(candidate);
          references.push(reference);
          return { clinicalExample14F1: computeLabelAgreement([candidate], [reference]).example14.f1 };
        },
        finish: () => namedScores(computeLabelAgreement(candidates, references)),
      };
    },
  };
}
