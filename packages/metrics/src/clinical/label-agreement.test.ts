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

  it('takes uncertain as positive everywhere, where that is asked for', () => {
    const { micro14, example14 } = computeLabelAgreement(CANDIDATES, REFERENCES, { uncertain: 'positive' });
    expect(micro14).toEqual(agreement.micro14);
    // 1: candidate {Edema, Pneumonia}, reference {Edema, Cardiomegaly}. 2: the same. 3: {Edema} and {Fracture}.
    expect(example14.f1).toBeCloseTo((1 / 2 + 1 + 0) / 3, 14);
  });

  it('takes uncertain as negative, where that is asked for', () => {
    const { micro14, example14 } = computeLabelAgreement(CANDIDATES, REFERENCES, { uncertain: 'negative' });
    // Hits: Edema, No Finding. False: Pneumonia. Missed: Fracture.
    expect(micro14).toMatchObject({ precision: 2 / 3, recall: 2 / 3, support: 3 });
    expect(micro14.accuracy).toBeCloseTo(40 / 42, 14);
    expect(example14).toEqual(agreement.example14);
  });

  it('leaves out what either side is uncertain of, where that is asked for', () => {
    const { micro14, micro5, example14 } = computeLabelAgreement(CANDIDATES, REFERENCES, {
      uncertain: 'ignore',
    });
    // Without Cardiomegaly of the first and Edema of the third report.
    expect(micro14).toMatchObject({ precision: 2 / 3, recall: 2 / 3, support: 3 });
    expect(micro14.accuracy).toBeCloseTo(38 / 40, 14);
    expect(micro5).toMatchObject({ precision: 1, recall: 1, accuracy: 1, support: 1 });
    expect(example14.accuracy).toBeCloseTo((12 / 13 + 1 + 12 / 13) / 3, 14);
  });

  it('takes uncertain as a label of its own, where that is asked for', () => {
    const { micro14, perFinding } = computeLabelAgreement(CANDIDATES, REFERENCES, { uncertain: 'class' });
    // Two labels a finding. Hits: Edema, No Finding. False: Pneumonia, uncertain Edema. Missed: Fracture, uncertain Cardiomegaly.
    expect(micro14).toMatchObject({ precision: 2 / 4, recall: 2 / 4, support: 4 });
    expect(micro14.accuracy).toBeCloseTo(80 / 84, 14);
    expect(perFinding.Edema).toMatchObject({ precision: 1 / 2, recall: 1, support: 1 });
    const both = computeLabelAgreement([labels({ Edema: 'uncertain' })], [labels({ Edema: 'uncertain' })], {
      uncertain: 'class',
    });
    expect(both.perFinding.Edema).toMatchObject({ f1: 1, support: 1 });
  });
});

describe('numbers of CheXbert', () => {
  const CODES = { positive: 1, negative: 0, uncertain: -1 } as const;
  const coded = (reports: readonly ReportLabels[], blank: null | undefined | number | string) =>
    reports.map((report) =>
      Object.fromEntries(
        Object.entries(report).map(([finding, status]) => [
          finding,
          status === undefined ? blank : CODES[status],
        ]),
      ),
    );

  it.each([[null], [undefined], [NaN], ['']])('give what the names give, blank being %s', (blank) => {
    for (const uncertain of [undefined, 'positive', 'negative', 'ignore', 'class'] as const)
      expect(
        computeLabelAgreement(coded(CANDIDATES, blank), coded(REFERENCES, blank), {
          coding: 'chexbert',
          uncertain,
        }),
      ).toEqual(computeLabelAgreement(CANDIDATES, REFERENCES, { uncertain }));
  });

  it.each([
    [
      { Edema: 1 },
      undefined,
      'expected positive, negative, uncertain or undefined for Edema of candidate 0, got 1;',
    ],
    [{ Edema: null }, undefined, 'got null;'],
    [{ Edema: 'Positive' }, undefined, 'got "Positive";'],
    [{ Edema: 'toString' }, undefined, 'got "toString";'],
    [
      { Edema: 2 },
      'chexbert',
      'expected 1, 0, -1 or a blank (NaN, null, undefined) for Edema of candidate 0, got 2;',
    ],
    [{ Edema: 3 }, 'chexbert', 'got 3;'],
    [{ Edema: 0.5 }, 'chexbert', 'got 0.5;'],
    [{ Edema: 'positive' }, 'chexbert', 'got "positive";'],
    [{ edema: 1 }, 'chexbert', 'expected the finding "Edema" in candidate 0, got "edema";'],
    [{ 'Pleural effusion ': 1 }, 'chexbert', 'expected the finding "Pleural Effusion"'],
    [{ text: 'x' }, 'chexbert', 'expected findings such as "Cardiomegaly" in candidate 0, got none;'],
    [{ Edema: 1 }, 'chexpert', 'expected coding status or chexbert, got chexpert;'],
    [{ Edema: 1 }, 'toString', 'expected coding status or chexbert, got toString;'],
  ])('and labels of either kind are refused where the coding lacks them: %o', (row, coding, message) => {
    const options = { coding: coding as 'chexbert' };
    expect(() => computeLabelAgreement([row as never], [labels({})], options)).toThrow(message);
  });

  it('are refused in references too, with the report named', () => {
    expect(() =>
      computeLabelAgreement(CANDIDATES, [...REFERENCES.slice(0, 2), { Edema: 1 } as never]),
    ).toThrow("for Edema of reference 2, got 1; numbers of CheXbert need coding: 'chexbert'.");
    expect(() => computeLabelAgreement(CANDIDATES, REFERENCES, { uncertain: 'blank' as never })).toThrow(
      'expected uncertain positive, negative, ignore, class, rgrg, got blank;',
    );
  });
});
