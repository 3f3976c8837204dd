import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  computeBinaryMetrics,
  computeMulticlassMetrics,
  computeMultilabelMetrics,
  computePrecisionRecallCurve,
  computeRocCurve,
  type BinaryMetricName,
} from './index.js';

interface Golden {
  readonly binary: readonly {
    readonly name: string;
    readonly y_true: number[];
    readonly y_score: number[];
    readonly threshold: number;
    readonly sample_weight?: number[];
    readonly expected: Record<string, number | number[] | Record<string, number[]> | { error: string }>;
  }[];
  readonly multilabel: readonly {
    readonly name: string;
    readonly y_true: number[][];
    readonly y_score: number[][];
    readonly threshold: number;
    readonly expected: Record<string, Record<string, number | { error: string }>>;
  }[];
  readonly multiclass: readonly {
    readonly name: string;
    readonly y_true: number[];
    readonly y_prob: number[][];
    readonly expected: {
      accuracy: number;
      mcc: number;
      cohen_kappa: number;
      log_loss: number;
      roc_auc: { ovo_macro: number };
    };
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('./__fixtures__/classification.json', import.meta.url), 'utf8'),
) as Golden;

// The sums are the same; only their order differs, which costs a few units in the last place.
const DIGITS = 12;

const NAMES: Record<string, BinaryMetricName> = {
  roc_auc: 'auroc',
  average_precision: 'averagePrecision',
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'f1',
  mcc: 'matthewsCorrelation',
  cohen_kappa: 'cohenKappa',
  brier: 'brierScore',
  log_loss: 'logLoss',
};

describe('scores of scikit-learn', () => {
  it.each(golden.binary)(
    'are met for $name',
    ({ y_true, y_score, threshold, sample_weight, expected: theirs }) => {
      const ours = computeBinaryMetrics(y_true, y_score, { threshold, weights: sample_weight });
      for (const [key, name] of Object.entries(NAMES)) {
        const expected = theirs[key];
        if (expected === undefined) continue;
        if (ours[name] === undefined) {
          expect(ours.reasons[name], `${key} has a reason`).toBeTruthy();
          expect([0, null], key).toContain(typeof expected === 'object' ? null : expected);
        } else expect(ours[name], key).toBeCloseTo(expected as number, DIGITS);
      }
      for (const dropCollinear of [false, true]) {
        const roc = theirs[dropCollinear ? 'roc_curve_dropped' : 'roc_curve'] as Record<string, number[]>;
        if (!roc) continue;
        const curve = computeRocCurve(y_true, y_score, { weights: sample_weight, dropCollinear });
        expect(curve.thresholds.slice(1)).toEqual(roc['thresholds']!.slice(1));
        curve.falsePositiveRate.forEach((rate, at) => expect(rate).toBeCloseTo(roc['fpr']![at]!, DIGITS));
        curve.truePositiveRate.forEach((rate, at) => expect(rate).toBeCloseTo(roc['tpr']![at]!, DIGITS));
      }
      const pr = theirs['pr_curve'] as Record<string, number[]> | undefined;
      if (!pr) return;
      const curve = computePrecisionRecallCurve(y_true, y_score, { weights: sample_weight });
      expect(curve.thresholds).toEqual(pr['thresholds']);
      expect(curve.precision).toHaveLength(pr['precision']!.length);
      curve.precision.forEach((value, at) => expect(value).toBeCloseTo(pr['precision']![at]!, DIGITS));
      curve.recall.forEach((value, at) => expect(value).toBeCloseTo(pr['recall']![at]!, DIGITS));
    },
  );

  it.each(golden.multilabel)('are met for $name', ({ y_true, y_score, threshold, expected: theirs }) => {
    const ours = computeMultilabelMetrics(y_true, y_score, { threshold, undefinedParts: 0 });
    for (const kind of ['micro', 'macro', 'weighted', 'samples'] as const)
      for (const [key, expected] of Object.entries(theirs[kind]!)) {
        const name = NAMES[key] as 'precision';
        if (typeof expected === 'number')
          expect(ours[kind][name], `${kind} ${key}`).toBeCloseTo(expected, DIGITS);
        else expect(ours[kind].averagedOver?.[name]).toBeLessThan(kind === 'samples' ? y_true.length : 14);
      }
    expect(ours.subsetAccuracy).toBeCloseTo(theirs['subset_accuracy'] as unknown as number, DIGITS);
    expect(ours.hammingLoss).toBeCloseTo(theirs['hamming_loss'] as unknown as number, DIGITS);
  });

  it.each(golden.multiclass)('are met for $name', ({ y_true, y_prob, expected: theirs }) => {
    const ours = computeMulticlassMetrics(y_true, y_prob);
    expect(ours.accuracy).toBeCloseTo(theirs.accuracy, DIGITS);
    expect(ours.matthewsCorrelation).toBeCloseTo(theirs.mcc, DIGITS);
    expect(ours.cohenKappa).toBeCloseTo(theirs.cohen_kappa, DIGITS);
    expect(ours.logLoss).toBeCloseTo(theirs.log_loss, DIGITS);
    expect(ours.auroc.oneVsOneMacro).toBeCloseTo(theirs.roc_auc.ovo_macro, DIGITS);
  });
});
