import type { AbortOptions } from '@crrg/core';
import {
  CLINICAL_FINDINGS,
  COMPETITION_FINDINGS,
  computeLabelAgreement,
  scoreConfusion,
  type ClinicalFinding,
  type LabelCoding,
  type LabelScores,
  type ReportLabelValues,
} from '@crrg/metrics';
import { createBreath } from '../breath.js';
import { meanOf, type EvaluationOptions, type Intervals, type PatientItem } from '../intervals.js';
import { computeSummedIntervals, type SummedItem, type SumOf } from '../summed-intervals.js';

/** Labels of a generated report beside those of the reference. */
export interface LabelledPair extends PatientItem {
  readonly candidate: ReportLabelValues;
  readonly reference: ReportLabelValues;
}

/** Which scores clinical efficacy has. */
export type ClinicalScoreName =
  | `micro${5 | 14}${'Precision' | 'Recall' | 'F1'}`
  | `macro${5 | 14}F1`
  | `example14${'Precision' | 'Recall' | 'F1' | 'Accuracy'}`;

/** How far generated reports state what their references state. */
export interface ClinicalEvaluation {
  readonly scores: Intervals<ClinicalScoreName>;
  readonly findings: Readonly<
    Partial<Record<ClinicalFinding, Intervals<'precision' | 'recall' | 'f1'> & { readonly support: number }>>
  >;
  readonly numReports: number;
}

type Counts = [tp: number, fp: number, fn: number, tn: number];

/** What one report is for one finding, from its scores. */
function countsOf({ accuracy, support }: LabelScores): Counts {
  const isRight = accuracy === 1;
  return support > 0 ? [Number(isRight), 0, Number(!isRight), 0] : [0, Number(!isRight), 0, Number(isRight)];
}

function sumsOf({ candidate, reference }: LabelledPair, coding: LabelCoding): Record<string, number[]> {
  const { perFinding, example14 } = computeLabelAgreement([candidate], [reference], { coding });
  const { precision, recall, f1, accuracy } = example14;
  return {
    ...Object.fromEntries(CLINICAL_FINDINGS.map((finding) => [finding, countsOf(perFinding[finding])])),
    example: [precision, recall, f1, accuracy, 1],
  };
}

function confusionScores([tp, fp, fn, tn]: readonly number[]) {
  return scoreConfusion({ truePositives: tp!, falsePositives: fp!, falseNegatives: fn!, trueNegatives: tn! });
}

const added = (all: readonly (readonly number[])[]) =>
  all.reduce((sum, counts) => sum.map((part, at) => part + counts[at]!), [0, 0, 0, 0]);

function scoresOf(sumOf: SumOf): Record<string, number | undefined> {
  const counts = new Map(
    CLINICAL_FINDINGS.map((finding) => [finding as string, Array.from(sumOf(finding)).slice(0, 4)]),
  );
  const scores: Record<string, number | undefined> = {};
  for (const [name, findings] of [
    ['5', COMPETITION_FINDINGS],
    ['14', CLINICAL_FINDINGS],
  ] as const) {
    const micro = confusionScores(added(findings.map((finding) => counts.get(finding)!)));
    scores[`micro${name}Precision`] = micro.precision;
    scores[`micro${name}Recall`] = micro.recall;
    scores[`micro${name}F1`] = micro.f1;
    scores[`macro${name}F1`] = meanOf(
      findings.map((finding) => confusionScores(counts.get(finding)!).f1 ?? 0),
    );
  }
  const [precision, recall, f1, accuracy, count] = sumOf('example') as unknown as number[];
  const shares = { Precision: precision, Recall: recall, F1: f1, Accuracy: accuracy };
  for (const [name, sum] of Object.entries(shares)) scores[`example14${name}`] = sum! / count!;
  for (const [finding, ofFinding] of counts) {
    const { precision, recall, f1 } = confusionScores(ofFinding);
    for (const [name, score] of Object.entries({ precision, recall, f1 }))
      scores[`${finding}/${name}`] = score;
  }
  return scores;
}

/**
 * Clinical efficacy with intervals from samples of patients, by the conventions of RGRG: uncertain counts as positive where findings are
 * pooled, and not in the scores by report.
 *
 * Source: docs/reference/evaluation.md#clinical-efficacy.
 * @throws `MetricsError` for no reports, and labels that the coding does not have
 */
export async function evaluateClinicalLabels(
  pairs: readonly LabelledPair[],
  options: EvaluationOptions & AbortOptions & { readonly coding?: LabelCoding | undefined } = {},
): Promise<ClinicalEvaluation> {
  const breathe = createBreath(options.signal);
  const items: SummedItem[] = [];
  for (const pair of pairs) {
    await breathe();
    items.push({ patient: pair.patient, sums: sumsOf(pair, options.coding ?? 'status') });
  }
  const intervals: Intervals<string> = computeSummedIntervals(items, scoresOf, options);
  const supportOf = (finding: ClinicalFinding) =>
    items.reduce((sum, { sums }) => sum + sums[finding]![0]! + sums[finding]![2]!, 0);
  const ofFinding = (finding: ClinicalFinding) =>
    Object.fromEntries(
      ['precision', 'recall', 'f1'].flatMap((name) => {
        const interval = intervals[`${finding}/${name}`];
        return interval ? [[name, interval]] : [];
      }),
    );
  return {
    scores: Object.fromEntries(Object.entries(intervals).filter(([name]) => !name.includes('/'))),
    findings: Object.fromEntries(
      CLINICAL_FINDINGS.map((finding) => [finding, { support: supportOf(finding), ...ofFinding(finding) }]),
    ),
    numReports: pairs.length,
  };
}
