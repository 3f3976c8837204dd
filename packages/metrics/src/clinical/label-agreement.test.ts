import { describe, expect, it } from 'vitest';
import { CLINICAL_FINDINGS, computeLabelAgreement, type LabelStatus, type ReportLabels } from './index.js';

const labels = (stated: Partial<Record<string, LabelStatus>>) =>
  Object.fromEntries(
    CLINICAL_FINDINGS.map((finding) => [finding, stated[finding]]),
  ) as unknown as ReportLabels;

const REFERENCES = [
  labels({ Edema: 'positive', Cardiomegaly: 'uncertain', Pneumonia: 'negative' }),
  labels({ 'No Finding': 'positive' }),
  labels({ Fracture: 'positive', Edema: 'negative' }),
];
const CANDIDATES = [
  labels({ Edema: 'positive', Pneumonia: 'positive' }),
  labels({ 'No Finding': 'positive', Edema: 'negative' }),
  labels({ Edema: 'uncertain' }),
];

describe('agreement of labels', () => {
  const agreement = computeLabelAgreement(CANDIDATES, REFERENCES);

  it('pools the findings, with uncertain as positive', () => {
    // Hits: Edema in the first, No Finding in the second. False: Pneumonia, Edema in the third. Missed: Cardiomegaly, Fracture.
    expect(agreement.micro14).toMatchObject({ precision: 2 / 4, recall: 2 / 4, f1: 0.5, support: 4 });
    expect(agreement.micro14.accuracy).toBeCloseTo(38 / 42, 14);
    // Of the five: hit Edema, false Edema, missed Cardiomegaly.
    expect(agreement.micro5).toMatchObject({ precision: 1 / 2, recall: 1 / 2, support: 2 });
    expect(agreement.micro5.accuracy).toBeCloseTo(13 / 15, 14);
  });

  it('counts 0 in the mean over findings where a score is undefined', () => {
    // Edema: precision 1/2, recall 1. No Finding: 1, 1. All others 0.
    expect(agreement.macro14.precision).toBeCloseTo(1.5 / 14, 14);
    expect(agreement.macro14.recall).toBeCloseTo(2 / 14, 14);
    expect(agreement.macro14.f1).toBeCloseTo((2 / 3 + 1) / 14, 14);
    expect(agreement.macro5.f1).toBeCloseTo(2 / 3 / 5, 14);
  });

  it('takes only positive labels report by report, and 0 where there are none', () => {
    // 1: candidate {Edema, Pneumonia}, reference {Edema}. 2: the same. 3: candidate {}, reference {Fracture}.
    expect(agreement.example14.precision).toBeCloseTo((1 / 2 + 1 + 0) / 3, 14);
    expect(agreement.example14.recall).toBeCloseTo((1 + 1 + 0) / 3, 14);
    expect(agreement.example14.f1).toBeCloseTo((2 / 3 + 1 + 0) / 3, 14);
    expect(agreement.example14.accuracy).toBeCloseTo((13 + 14 + 13) / 3 / 14, 14);
  });

  it('says why a finding has no score', () => {
    const { f1, reasons } = agreement.perFinding.Pneumothorax;
    expect(f1).toBeUndefined();
    expect(reasons['f1']).toBe('no item is positive or predicted positive');
  });

  it('is whole for equal reports', () => {
    const { micro14, micro5, example14 } = computeLabelAgreement(REFERENCES, REFERENCES);
    expect([micro14.f1, micro5.f1, example14.f1]).toEqual([1, 1, 1]);
  });

  it('refuses lists of unequal length and no reports', () => {
    expect(() => computeLabelAgreement(CANDIDATES, [])).toThrow(/got 3 and 0/);
    expect(() => computeLabelAgreement([], [])).toThrow(/at least one report/);
  });
});
