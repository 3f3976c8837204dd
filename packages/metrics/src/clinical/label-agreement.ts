import { computeLabelConfusion, scoreConfusion, type ConfusionScores } from '../classification/index.js';
import { MetricsError } from '../errors.js';
import {
  CLINICAL_FINDINGS,
  COMPETITION_FINDINGS,
  type ClinicalFinding,
  type ReportLabels,
} from './findings.js';

/** Scores of candidate labels against reference labels; what is undefined is `undefined` and explained in `reasons`. */
export type LabelScores = Pick<ConfusionScores, 'precision' | 'recall' | 'f1' | 'accuracy' | 'reasons'> & {
  /** Reports whose reference has the finding; for pooled scores, pairs of report and finding. */
  readonly support: number;
};

/** Means over reports or findings, each in [0, 1]. */
export interface MeanLabelScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly accuracy: number;
}

/** Clinical efficacy: how far two sets of reports state the same findings. Plain data. */
export interface LabelAgreement {
  readonly numReports: number;
  /** Pooled over all 14 findings; uncertain counts as positive. */
  readonly micro14: LabelScores;
  /** Pooled over the 5 findings of CheXpert's competition; uncertain counts as positive. */
  readonly micro5: LabelScores;
  /** Mean over the 14 findings; a finding that leaves a score undefined counts 0, as in scikit-learn. Uncertain counts as positive. */
  readonly macro14: MeanLabelScores;
  readonly macro5: MeanLabelScores;
  /** Mean over reports, over all 14 findings; only `positive` counts, and what a report leaves undefined counts 0. */
  readonly example14: MeanLabelScores;
  /** Uncertain counts as positive. */
  readonly perFinding: Readonly<Record<ClinicalFinding, LabelScores>>;
}

type Reports = readonly ReportLabels[];
type IsPresent = (labels: ReportLabels, finding: ClinicalFinding) => boolean;

const statedOrDoubted: IsPresent = (labels, finding) =>
  labels[finding] === 'positive' || labels[finding] === 'uncertain';
const stated: IsPresent = (labels, finding) => labels[finding] === 'positive';

function pooledScores(
  candidates: Reports,
  references: Reports,
  findings: readonly ClinicalFinding[],
  isPresent: IsPresent,
): LabelScores {
  const flat = (reports: Reports) =>
    reports.flatMap((labels) => findings.map((each) => isPresent(labels, each)));
  const truth = flat(references);
  const { precision, recall, f1, accuracy, reasons } = scoreConfusion(
    computeLabelConfusion(truth, flat(candidates)),
  );
  const relevant = Object.entries(reasons).filter(([name]) =>
    ['precision', 'recall', 'f1', 'accuracy'].includes(name),
  );
  const support = truth.filter(Boolean).length;
  return { precision, recall, f1, accuracy, support, reasons: Object.fromEntries(relevant) };
}

function meanOf(parts: readonly LabelScores[]): MeanLabelScores {
  const mean = (name: keyof MeanLabelScores) =>
    parts.reduce((sum, part) => sum + (part[name] ?? 0), 0) / parts.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), accuracy: mean('accuracy') };
}

function checkReports(candidates: Reports, references: Reports): void {
  const where = 'metrics.computeLabelAgreement';
  if (candidates.length !== references.length)
    throw new MetricsError(
      'INPUT',
      `${where}: expected a reference for each candidate, got ${candidates.length} and ${references.length}; give both in one order.`,
    );
  if (candidates.length === 0)
    throw new MetricsError('INPUT', `${where}: expected at least one report, got none; check what was read.`);
}

/**
 * Precision, recall, F1 and accuracy of the findings that candidate reports state, against those of their references: pooled (micro),
 * averaged over findings (macro) and over reports (example-based).
 *
 * Reference: RGRG's evaluation of clinical efficacy (Tanida et al., CVPR 2023), whose labels come from CheXbert. Labels of any labeller can
 * be given; scores of different labellers cannot be compared.
 *
 * @example
 * ```ts
 * const labels = (reports: readonly string[]) => reports.map((report) => labelReport(report).labels);
 * const { micro5, example14 } = computeLabelAgreement(labels(candidates), labels(references));
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length and for no reports
 */
export function computeLabelAgreement(candidates: Reports, references: Reports): LabelAgreement {
  checkReports(candidates, references);
  const over = (findings: readonly ClinicalFinding[]) =>
    pooledScores(candidates, references, findings, statedOrDoubted);
  const perFinding = Object.fromEntries(
    CLINICAL_FINDINGS.map((finding) => [finding, over([finding])]),
  ) as Record<ClinicalFinding, LabelScores>;
  const perReport = candidates.map((labels, at) =>
    pooledScores([labels], [references[at]!], CLINICAL_FINDINGS, stated),
  );
  return {
    numReports: candidates.length,
    micro14: over(CLINICAL_FINDINGS),
    micro5: over(COMPETITION_FINDINGS),
    macro14: meanOf(CLINICAL_FINDINGS.map((finding) => perFinding[finding])),
    macro5: meanOf(COMPETITION_FINDINGS.map((finding) => perFinding[finding])),
    example14: meanOf(perReport),
    perFinding,
  };
}
