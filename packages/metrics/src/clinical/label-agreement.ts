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
  /** As `macro14`, each finding weighted by the reports whose reference has it. */
  readonly weighted14: MeanLabelScores;
  readonly weighted5: MeanLabelScores;
  /**
   * Mean over reports, over all 14 findings; what a report leaves undefined counts 0. Only `positive` counts, or uncertain as `uncertain`
   * says.
   */
  readonly example14: MeanLabelScores;
  /** As `example14`, over the 5 findings of CheXpert's competition. */
  readonly example5: MeanLabelScores;
  /** Uncertain as in `micro14`. */
  readonly perFinding: Readonly<Record<ClinicalFinding, LabelScores>>;
}

/**
 * What an uncertain label is: `'positive'`, `'negative'`, left out with its partner (`'ignore'`: the report does not count for that
 * finding where either side is uncertain), or a class of its own (`'class'`: the finding counts as two labels, positive and uncertain).
 * `'rgrg'` names RGRG's conventions: positive in all scores but `example14` and `example5`, where it is not.
 */
export type UncertainLabels = 'positive' | 'negative' | 'ignore' | 'class' | 'rgrg';

/** A rule for all scores. */
type Rule = Exclude<UncertainLabels, 'rgrg'>;

/** Options of {@link computeLabelAgreement}. */
export interface LabelAgreementOptions {
  /**
   * What the values are: `'status'` `positive`, `negative`, `uncertain` and `undefined`; `'chexbert'` the numbers in the files of the
   * CheXpert labeler and CheXbert: 1 positive, 0 negative, -1 uncertain, and `NaN`, `null`, `undefined` or `''` not mentioned.
   * @defaultValue `'status'`
   */
  readonly coding?: LabelCoding | undefined;
  /**
   * What an uncertain label is.
   * @defaultValue `'rgrg'`
   */
  readonly uncertain?: UncertainLabels | undefined;
}

const WHERE = 'metrics.computeLabelAgreement';
const UNCERTAIN_LABELS: readonly unknown[] = ['positive', 'negative', 'ignore', 'class', 'rgrg'];

/** Pairs of labels by what they are: true positives, false positives, false negatives, true negatives. */
type Counts = [tp: number, fp: number, fn: number, tn: number];

function countPair(counts: Counts, candidate: boolean, reference: boolean): void {
  counts[reference ? (candidate ? 0 : 2) : candidate ? 1 : 3] += 1;
}

/** Counts the labels of one finding in one report. */
function countLabels(counts: Counts, candidate: number, reference: number, rule: Rule): void {
  const isUncertain = candidate === UNCERTAIN || reference === UNCERTAIN;
  if (rule === 'ignore' && isUncertain) return;
  const isPresent = (code: number) => code === POSITIVE || (rule === 'positive' && code === UNCERTAIN);
  countPair(counts, isPresent(candidate), isPresent(reference));
  if (rule === 'class') countPair(counts, candidate === UNCERTAIN, reference === UNCERTAIN);
}

const fraction = (part: number, whole: number) => (whole > 0 ? part / whole : undefined);
const share = (part: number, whole: number) => fraction(part, whole) ?? 0;

/** Why scores are undefined, by their names. */
function reasonsOf([tp, fp, fn, tn]: Counts): Record<string, string> {
  const { reasons } = scoreConfusion({
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: fn,
    trueNegatives: tn,
  });
  return Object.fromEntries(SCORE_NAMES.flatMap((name) => (reasons[name] ? [[name, reasons[name]]] : [])));
}

function scoresOf(counts: Counts, withReasons: boolean): LabelScores {
  const [tp, fp, fn, tn] = counts;
  return {
    precision: fraction(tp, tp + fp),
    recall: fraction(tp, tp + fn),
    f1: fraction(2 * tp, 2 * tp + fp + fn),
    accuracy: fraction(tp + tn, tp + fp + fn + tn),
    support: tp + fn,
    reasons: withReasons ? reasonsOf(counts) : {},
  };
}

/** The same scores with 0 for what is undefined. */
const filledScoresOf = ([tp, fp, fn, tn]: Counts): MeanLabelScores => ({
  precision: share(tp, tp + fp),
  recall: share(tp, tp + fn),
  f1: share(2 * tp, 2 * tp + fp + fn),
  accuracy: share(tp + tn, tp + fp + fn + tn),
});

const SCORE_NAMES = ['precision', 'recall', 'f1', 'accuracy'] as const satisfies (keyof MeanLabelScores)[];

const namedScores = (valueOf: (name: keyof MeanLabelScores, at: number) => number): MeanLabelScores => ({
  precision: valueOf('precision', 0),
  recall: valueOf('recall', 1),
  f1: valueOf('f1', 2),
  accuracy: valueOf('accuracy', 3),
});

/** Weighted means; 0 where nothing weighs anything, as in scikit-learn. */
function meanOf(parts: readonly MeanLabelScores[], weights: readonly number[]): MeanLabelScores {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return namedScores((name) =>
    share(
      parts.reduce((sum, part, at) => sum + part[name] * weights[at]!, 0),
      total,
    ),
  );
}

function added(all: readonly Counts[]): Counts {
  const sum: Counts = [0, 0, 0, 0];
  for (const counts of all) for (let part = 0; part < 4; part++) sum[part]! += counts[part]!;
  return sum;
}

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

const NUM_FINDINGS = CLINICAL_FINDINGS.length;
const FIVE = COMPETITION_FINDINGS.map((finding) => CLINICAL_FINDINGS.indexOf(finding));
/** Where the scores of a report stand behind the counts of its findings. */
const EXAMPLE_14 = 4 * NUM_FINDINGS;
const EXAMPLE_5 = EXAMPLE_14 + SCORE_NAMES.length;

/** How many numbers {@link agreementNumbers} gives. @internal */
export const AGREEMENT_LENGTH = EXAMPLE_5 + SCORE_NAMES.length;

/** What one report adds to the sums that the scores are made of: four counts a finding, then its own scores over 14 and 5. @internal */
export function agreementNumbers(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  uncertain: UncertainLabels = 'rgrg',
): number[] {
  const [pooledRule, reportRule]: Rule[] =
    uncertain === 'rgrg' ? ['positive', 'negative'] : [uncertain, uncertain];
  const countsBy = (rule: Rule) =>
    CLINICAL_FINDINGS.map((_, at) => {
      const counts: Counts = [0, 0, 0, 0];
      countLabels(counts, ours[at]!, theirs[at]!, rule);
      return counts;
    });
  const ofReport = countsBy(reportRule!);
  const scoresOver = (counts: readonly Counts[]) => {
    const scores = filledScoresOf(added(counts));
    return SCORE_NAMES.map((name) => scores[name]);
  };
  return [
    ...countsBy(pooledRule!).flat(),
    ...scoresOver(ofReport),
    ...scoresOver(FIVE.map((at) => ofReport[at]!)),
  ];
}

/** The scores of reports whose numbers add up to these; without reasons where thousands are asked for. @internal */
export function agreementFrom(
  sums: ArrayLike<number>,
  numReports: number,
  { withReasons = false }: { readonly withReasons?: boolean } = {},
): LabelAgreement {
  const counts = CLINICAL_FINDINGS.map((_, finding): Counts => {
    const at = 4 * finding;
    return [sums[at]!, sums[at + 1]!, sums[at + 2]!, sums[at + 3]!];
  });
  const five = FIVE.map((at) => counts[at]!);
  const macro = (all: readonly Counts[]) => {
    const filled = all.map(filledScoresOf);
    return meanOf(
      filled,
      filled.map(() => 1),
    );
  };
  const weighted = (all: readonly Counts[]) =>
    meanOf(
      all.map(filledScoresOf),
      all.map(([tp, , fn]) => tp + fn),
    );
  const example = (start: number) => namedScores((_, at) => sums[start + at]! / numReports);
  return {
    numReports,
    micro14: scoresOf(added(counts), withReasons),
    micro5: scoresOf(added(five), withReasons),
    macro14: macro(counts),
    macro5: macro(five),
    weighted14: weighted(counts),
    weighted5: weighted(five),
    example14: example(EXAMPLE_14),
    example5: example(EXAMPLE_5),
    perFinding: Object.fromEntries(
      CLINICAL_FINDINGS.map((finding, at) => [finding, scoresOf(counts[at]!, withReasons)]),
    ) as Record<ClinicalFinding, LabelScores>,
  };
}

/** The numbers of every report, one row each. @throws as {@link computeLabelAgreement} @internal */
export function agreementRows(
  candidates: readonly ReportLabelValues[],
  references: readonly ReportLabelValues[],
  options: LabelAgreementOptions,
): number[][] {
  checkReports(candidates, references, options);
  const { coding = 'status', uncertain } = options;
  return candidates.map((labels, at) =>
    agreementNumbers(
      toCodes(WHERE, labels, coding, 'candidate', at),
      toCodes(WHERE, references[at]!, coding, 'reference', at),
      uncertain,
    ),
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
  const sums = new Float64Array(AGREEMENT_LENGTH);
  for (const row of agreementRows(candidates, references, options))
    row.forEach((value, at) => (sums[at]! += value));
  return agreementFrom(sums, candidates.length, { withReasons: true });
}
