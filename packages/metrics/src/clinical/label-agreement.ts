import { scoreConfusion, type ConfusionScores } from '../classification/index.js';
import { MetricsError } from '../errors.js';
import { CLINICAL_FINDINGS, COMPETITION_FINDINGS, type ClinicalFinding } from './findings.js';
import { POSITIVE, UNCERTAIN, toCodes, type LabelCoding, type ReportLabelValues } from './label-values.js';

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
  /** Pooled over all 14 findings; uncertain counts as positive, or as `uncertain` says. */
  readonly micro14: LabelScores;
  /** Pooled over the 5 findings of CheXpert's competition; uncertain as above. */
  readonly micro5: LabelScores;
  /** Mean over the 14 findings; a finding that leaves a score undefined counts 0, as in scikit-learn. Uncertain as above. */
  readonly macro14: MeanLabelScores;
  readonly macro5: MeanLabelScores;
  /**
   * Mean over reports, over all 14 findings; what a report leaves undefined counts 0. Only `positive` counts, or uncertain as `uncertain`
   * says.
   */
  readonly example14: MeanLabelScores;
  /** Uncertain as in `micro14`. */
  readonly perFinding: Readonly<Record<ClinicalFinding, LabelScores>>;
}

/**
 * What an uncertain label is: `'positive'`, `'negative'`, left out with its partner (`'ignore'`: the report does not count for that
 * finding where either side is uncertain), or a class of its own (`'class'`: the finding counts as two labels, positive and uncertain).
 */
export type UncertainLabels = 'positive' | 'negative' | 'ignore' | 'class';

/** Options of {@link computeLabelAgreement}. */
export interface LabelAgreementOptions {
  /**
   * What the values are: `'status'` `positive`, `negative`, `uncertain` and `undefined`; `'chexbert'` the numbers in the files of the
   * CheXpert labeler and CheXbert: 1 positive, 0 negative, -1 uncertain, and `NaN`, `null`, `undefined` or `''` not mentioned.
   * @defaultValue `'status'`
   */
  readonly coding?: LabelCoding | undefined;
  /**
   * What an uncertain label is, in all scores.
   * @defaultValue RGRG's conventions: positive in micro, macro and `perFinding`, not positive in `example14`
   */
  readonly uncertain?: UncertainLabels | undefined;
}

const WHERE = 'metrics.computeLabelAgreement';
const UNCERTAIN_LABELS: readonly unknown[] = ['positive', 'negative', 'ignore', 'class'];

/** Pairs of labels by what they are: true positives, false positives, false negatives, true negatives. */
type Counts = [tp: number, fp: number, fn: number, tn: number];

function countPair(counts: Counts, candidate: boolean, reference: boolean): void {
  counts[reference ? (candidate ? 0 : 2) : candidate ? 1 : 3] += 1;
}

/** Counts the labels of one finding in one report. */
function countLabels(counts: Counts, candidate: number, reference: number, rule: UncertainLabels): void {
  const isUncertain = candidate === UNCERTAIN || reference === UNCERTAIN;
  if (rule === 'ignore' && isUncertain) return;
  const isPresent = (code: number) => code === POSITIVE || (rule === 'positive' && code === UNCERTAIN);
  countPair(counts, isPresent(candidate), isPresent(reference));
  if (rule === 'class') countPair(counts, candidate === UNCERTAIN, reference === UNCERTAIN);
}

function scoresOf([tp, fp, fn, tn]: Counts): LabelScores {
  const { precision, recall, f1, accuracy, reasons } = scoreConfusion({
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: fn,
    trueNegatives: tn,
  });
  const relevant = Object.entries(reasons).filter(([name]) =>
    ['precision', 'recall', 'f1', 'accuracy'].includes(name),
  );
  return { precision, recall, f1, accuracy, support: tp + fn, reasons: Object.fromEntries(relevant) };
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);

/** The same scores with 0 for what is undefined. */
const filledScoresOf = ([tp, fp, fn, tn]: Counts): MeanLabelScores => ({
  precision: share(tp, tp + fp),
  recall: share(tp, tp + fn),
  f1: share(2 * tp, 2 * tp + fp + fn),
  accuracy: share(tp + tn, tp + fp + fn + tn),
});

function meanOf(parts: readonly MeanLabelScores[]): MeanLabelScores {
  const mean = (name: keyof MeanLabelScores) =>
    parts.reduce((sum, part) => sum + part[name], 0) / parts.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), accuracy: mean('accuracy') };
}

const added = (all: readonly Counts[]): Counts =>
  all.reduce<Counts>((sum, counts) => sum.map((part, at) => part + counts[at]!) as Counts, [0, 0, 0, 0]);

function checkReports(
  candidates: readonly unknown[],
  references: readonly unknown[],
  { uncertain }: LabelAgreementOptions,
): void {
  if (candidates.length !== references.length)
    throw new MetricsError(
      'INPUT',
      `${WHERE}: expected a reference for each candidate, got ${candidates.length} and ${references.length}; give both in one order.`,
    );
  if (candidates.length === 0)
    throw new MetricsError('INPUT', `${WHERE}: expected at least one report, got none; check what was read.`);
  if (uncertain !== undefined && !UNCERTAIN_LABELS.includes(uncertain))
    throw new MetricsError(
      'OPTION',
      `${WHERE}: expected uncertain ${UNCERTAIN_LABELS.join(', ')}, got ${String(uncertain)}; choose one.`,
    );
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
 * // Rows of CheXbert's files: { Cardiomegaly: 1, Edema: -1, Pneumonia: 0, Fracture: NaN, ... }
 * const { micro14 } = computeLabelAgreement(rows, otherRows, { coding: 'chexbert', uncertain: 'negative' });
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, no reports, and values that the coding does not have (the message names
 * report and finding); `OPTION` for an unknown option
 */
export function computeLabelAgreement(
  candidates: readonly ReportLabelValues[],
  references: readonly ReportLabelValues[],
  options: LabelAgreementOptions = {},
): LabelAgreement {
  checkReports(candidates, references, options);
  const coding = options.coding ?? 'status';
  const pooledRule = options.uncertain ?? 'positive';
  const reportRule = options.uncertain ?? 'negative';
  const counts = CLINICAL_FINDINGS.map((): Counts => [0, 0, 0, 0]);
  const reports = { precision: 0, recall: 0, f1: 0, accuracy: 0 };
  candidates.forEach((labels, at) => {
    const ours = toCodes(WHERE, labels, coding, 'candidate', at);
    const theirs = toCodes(WHERE, references[at]!, coding, 'reference', at);
    const ofReport: Counts = [0, 0, 0, 0];
    for (let finding = 0; finding < counts.length; finding++) {
      countLabels(counts[finding]!, ours[finding]!, theirs[finding]!, pooledRule);
      countLabels(ofReport, ours[finding]!, theirs[finding]!, reportRule);
    }
    const scores = filledScoresOf(ofReport);
    for (const name of Object.keys(reports) as (keyof MeanLabelScores)[]) reports[name] += scores[name];
  });
  const of = (findings: readonly ClinicalFinding[]) =>
    findings.map((finding) => counts[CLINICAL_FINDINGS.indexOf(finding)]!);
  const numReports = candidates.length;
  return {
    numReports,
    micro14: scoresOf(added(counts)),
    micro5: scoresOf(added(of(COMPETITION_FINDINGS))),
    macro14: meanOf(counts.map(filledScoresOf)),
    macro5: meanOf(of(COMPETITION_FINDINGS).map(filledScoresOf)),
    example14: {
      precision: reports.precision / numReports,
      recall: reports.recall / numReports,
      f1: reports.f1 / numReports,
      accuracy: reports.accuracy / numReports,
    },
    perFinding: Object.fromEntries(
      CLINICAL_FINDINGS.map((finding, at) => [finding, scoresOf(counts[at]!)]),
    ) as Record<ClinicalFinding, LabelScores>,
  };
}
