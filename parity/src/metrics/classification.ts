import {
  computeAuroc,
  computeBinaryMetrics,
  computeMulticlassMetrics,
  computeMultilabelMetrics,
  computePrecisionRecallCurve,
  computeRocCurve,
  MetricsError,
  type AveragedScores,
  type BinaryMetricName,
  type BinaryMetrics,
} from '@crrg/metrics';
import type { ParityContext, ParitySuite } from '../framework/context.js';

const TOLERANCE = 1e-9;

/** A number, null for scikit-learn's NaN, or its refusal. */
type Golden = number | null | { readonly error: string };

interface BinaryCase {
  readonly name: string;
  readonly y_true: readonly number[];
  readonly y_score: readonly number[];
  readonly threshold: number;
  readonly sample_weight?: readonly number[];
  readonly expected: Readonly<Record<string, unknown>>;
}

type Averages = Readonly<Record<'precision' | 'recall' | 'f1' | 'roc_auc' | 'average_precision', Golden>>;

interface MultilabelCase {
  readonly name: string;
  readonly y_true: readonly (readonly number[])[];
  readonly y_score: readonly (readonly number[])[];
  readonly threshold: number;
  readonly expected: Readonly<Record<'micro' | 'macro' | 'weighted' | 'samples', Averages>> & {
    readonly per_label: Readonly<Record<string, readonly Golden[]>>;
    readonly subset_accuracy: number;
    readonly hamming_loss: number;
    readonly jaccard_samples: number;
  };
}

type ClassAverage = Readonly<Record<'precision' | 'recall' | 'f1', number>>;

interface MulticlassCase {
  readonly name: string;
  readonly y_true: readonly number[];
  readonly y_prob: readonly (readonly number[])[];
  readonly expected: Readonly<Record<'micro' | 'macro' | 'weighted', ClassAverage>> & {
    readonly accuracy: number;
    readonly balanced_accuracy: number;
    readonly confusion: readonly (readonly number[])[];
    readonly mcc: Golden;
    readonly cohen_kappa: Golden;
    readonly log_loss: number;
    readonly roc_auc: Readonly<Record<string, Golden>>;
  };
}

const OUR_NAME: Readonly<Record<string, BinaryMetricName>> = {
  roc_auc: 'auroc',
  average_precision: 'averagePrecision',
  accuracy: 'accuracy',
  balanced_accuracy: 'balancedAccuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'f1',
  mcc: 'matthewsCorrelation',
  cohen_kappa: 'cohenKappa',
  brier: 'brierScore',
  log_loss: 'logLoss',
};

/**
 * What scikit-learn returns where a score is undefined: 0 for a fraction over nothing, NaN for kappa, an error for an area. Balanced
 * accuracy of one class is the only recall there is.
 */
function isSubstitute(theirs: Golden, name: string): boolean {
  return theirs === 0 || theirs === null || typeof theirs === 'object' || name === 'balanced_accuracy';
}

function checkScore(
  context: ParityContext,
  name: string,
  ours: number | undefined,
  theirs: Golden,
  key: string,
  reason?: string,
): void {
  if (typeof theirs === 'number' && ours !== undefined) {
    context.report(name, Math.abs(ours - theirs), TOLERANCE);
    return;
  }
  const agrees = ours === undefined && reason !== undefined && isSubstitute(theirs, key);
  context.report(name, agrees ? 0 : Infinity, 0, `undefined: ${reason ?? 'no reason given'}`);
}

function checkList(context: ParityContext, name: string, ours: readonly number[], theirs: readonly number[]) {
  context.check(name, ours, theirs, { tolerance: TOLERANCE });
}

/** The first threshold of scikit-learn 1.2 is the highest score + 1; ours is infinity, as in its later versions. */
function checkRoc(context: ParityContext, golden: BinaryCase, key: string, dropCollinear: boolean): void {
  const theirs = golden.expected[key] as { fpr: number[]; tpr: number[]; thresholds: number[] } | undefined;
  if (!theirs) return;
  const name = `${golden.name} ${key}`;
  const curve = computeRocCurve(golden.y_true, golden.y_score, {
    weights: golden.sample_weight,
    dropCollinear,
  });
  checkList(context, `${name} fpr`, curve.falsePositiveRate, theirs.fpr);
  checkList(context, `${name} tpr`, curve.truePositiveRate, theirs.tpr);
  checkList(context, `${name} thresholds`, curve.thresholds.slice(1), theirs.thresholds.slice(1));
  context.report(`${name} first threshold`, curve.thresholds[0] === Infinity ? 0 : Infinity, 0);
}

function checkPrecisionRecall(context: ParityContext, golden: BinaryCase): void {
  const theirs = golden.expected['pr_curve'] as
    { precision: number[]; recall: number[]; thresholds: number[] } | undefined;
  if (!theirs) return;
  const name = `${golden.name} pr_curve`;
  const curve = computePrecisionRecallCurve(golden.y_true, golden.y_score, { weights: golden.sample_weight });
  checkList(context, `${name} precision`, curve.precision, theirs.precision);
  checkList(context, `${name} recall`, curve.recall, theirs.recall);
  checkList(context, `${name} thresholds`, curve.thresholds, theirs.thresholds);
}

/** Where scikit-learn refuses, the single function refuses too. */
function checkRefusal(context: ParityContext, golden: BinaryCase): void {
  if (typeof golden.expected['roc_auc'] === 'number') return;
  let code = 'no error';
  try {
    computeAuroc(golden.y_true, golden.y_score);
  } catch (error) {
    code = MetricsError.isInstance(error) ? error.code : String(error);
  }
  context.report(`${golden.name} roc_auc refused`, code === 'UNDEFINED' ? 0 : Infinity, 0, code);
}

function checkBinary(context: ParityContext, golden: BinaryCase): void {
  const { y_true, y_score, threshold, sample_weight: weights } = golden;
  const ours = computeBinaryMetrics(y_true, y_score, { threshold, weights });
  for (const [key, ourName] of Object.entries(OUR_NAME)) {
    if (!(key in golden.expected)) continue;
    const theirs = golden.expected[key] as Golden;
    checkScore(context, `${golden.name} ${key}`, ours[ourName], theirs, key, ours.reasons[ourName]);
  }
  const { trueNegatives, falsePositives, falseNegatives, truePositives } = ours.confusion;
  checkList(
    context,
    `${golden.name} confusion`,
    [trueNegatives, falsePositives, falseNegatives, truePositives],
    golden.expected['confusion_tn_fp_fn_tp'] as number[],
  );
  checkRoc(context, golden, 'roc_curve', false);
  checkRoc(context, golden, 'roc_curve_dropped', true);
  checkPrecisionRecall(context, golden);
  checkRefusal(context, golden);
}

/** Where scikit-learn refuses an average area, ours is over fewer parts and says so. */
function checkAverages(
  context: ParityContext,
  name: string,
  ours: AveragedScores,
  theirs: Averages,
  parts: number,
) {
  for (const [key, expected] of Object.entries(theirs)) {
    const ourName = OUR_NAME[key] as keyof Averages & keyof AveragedScores;
    const label = `${name} ${key}`;
    const value = (ours as unknown as Record<string, number | undefined>)[ourName];
    if (typeof expected === 'number' || value === undefined)
      checkScore(context, label, value, expected, key, ours.reasons[ourName]);
    else {
      const count = ours.averagedOver?.[ourName] ?? parts;
      context.report(
        label,
        count < parts ? 0 : Infinity,
        0,
        `over ${count} of ${parts}; scikit-learn refuses`,
      );
    }
  }
}

function checkPerLabel(
  context: ParityContext,
  golden: MultilabelCase,
  perLabel: readonly BinaryMetrics[],
): void {
  for (const [key, theirs] of Object.entries(golden.expected.per_label)) {
    const ourName = OUR_NAME[key]!;
    theirs.forEach((expected, at) => {
      const { reasons, [ourName]: value } = perLabel[at]!;
      checkScore(context, `${golden.name} label ${at} ${key}`, value, expected, key, reasons[ourName]);
    });
  }
}

function checkMultilabel(context: ParityContext, golden: MultilabelCase): void {
  const { y_true, y_score, threshold, expected, name } = golden;
  const ours = computeMultilabelMetrics(y_true, y_score, { threshold, undefinedParts: 0 });
  const labels = y_true[0]!.length;
  checkPerLabel(context, golden, ours.perLabel);
  for (const kind of ['micro', 'macro', 'weighted', 'samples'] as const)
    checkAverages(
      context,
      `${name} ${kind}`,
      ours[kind],
      expected[kind],
      kind === 'samples' ? y_true.length : labels,
    );
  const pairs: [string, number | undefined, number][] = [
    ['subset_accuracy', ours.subsetAccuracy, expected.subset_accuracy],
    ['hamming_loss', ours.hammingLoss, expected.hamming_loss],
    ['jaccard_samples', ours.samples.jaccardIndex, expected.jaccard_samples],
  ];
  for (const [key, value, theirs] of pairs) checkScore(context, `${name} ${key}`, value, theirs, key);
}

function checkMulticlass(context: ParityContext, golden: MulticlassCase): void {
  const { y_true, y_prob, expected, name } = golden;
  const ours = computeMulticlassMetrics(y_true, y_prob);
  const { auroc } = ours;
  const pairs: [string, number | undefined, Golden][] = [
    ['accuracy', ours.accuracy, expected.accuracy],
    ['balanced_accuracy', ours.balancedAccuracy, expected.balanced_accuracy],
    ['mcc', ours.matthewsCorrelation, expected.mcc],
    ['cohen_kappa', ours.cohenKappa, expected.cohen_kappa],
    ['log_loss', ours.logLoss, expected.log_loss],
    ['ovr_macro', auroc.oneVsRestMacro, expected.roc_auc['ovr_macro']!],
    ['ovr_weighted', auroc.oneVsRestWeighted, expected.roc_auc['ovr_weighted']!],
    ['ovo_macro', auroc.oneVsOneMacro, expected.roc_auc['ovo_macro']!],
    ['ovo_weighted', auroc.oneVsOneWeighted, expected.roc_auc['ovo_weighted']!],
  ];
  for (const [key, value, theirs] of pairs)
    checkScore(context, `${name} ${key}`, value, theirs, key, ours.reasons[OUR_NAME[key] ?? 'auroc']);
  for (const kind of ['micro', 'macro', 'weighted'] as const)
    for (const key of ['precision', 'recall', 'f1'] as const)
      checkScore(context, `${name} ${kind} ${key}`, ours[kind][key], expected[kind][key], key);
  checkList(context, `${name} confusion`, ours.confusion.flat(), expected.confusion.flat());
}

/** Classification scores against scikit-learn 1.2.1, at 1e-9. */
export const classificationSuite: ParitySuite = {
  name: 'metrics-classification',
  matches: (caseName) => /(^|\/)classification$/.test(caseName),
  run: async (context) => {
    const golden = context.sidecar as unknown as {
      readonly binary: readonly BinaryCase[];
      readonly multilabel: readonly MultilabelCase[];
      readonly multiclass: readonly MulticlassCase[];
    };
    golden.binary.forEach((each) => checkBinary(context, each));
    golden.multilabel.forEach((each) => checkMultilabel(context, each));
    golden.multiclass.forEach((each) => checkMulticlass(context, each));
  },
};
