import { computeLabelAgreement, evaluateReports, labelReport, type ReportLabelValues } from '@crrg/metrics';
import { describe, expect, it } from 'vitest';
import { evaluateReportFilms, type ChexbertLabels } from './evaluate-report-films.js';

const QUICK = { numResamples: 20 };
const texts = [
  'The heart is enlarged. No effusion.',
  'The lungs are clear.',
  'Opacity in the left lung suggests pneumonia.',
];
const references = [
  'The heart is mildly enlarged. There is no pleural effusion.',
  'Lungs are clear. No pneumothorax.',
  'The lungs are clear. Possible edema.',
];
const films = texts.map((text, at) => ({ patient: `p${at}`, text, report: references[at]! }));

describe('scores of whole reports', () => {
  it("are those of @crrg/metrics with RGRG's tokenizer, CIDEr both ways", async () => {
    const { written } = (await evaluateReportFilms(films, QUICK))!;
    const options = { tokenizer: 'rgrg', metrics: ['bleu', 'rougeL', 'rouge', 'meteor', 'cider'] } as const;
    const flat = await evaluateReports(texts, references, {
      ...options,
      cider: { documentFrequencies: 'none' },
    });
    const corpus = await evaluateReports(texts, references, { ...options, metrics: ['cider'] });
    for (const name of [
      'bleu1',
      'bleu2',
      'bleu3',
      'bleu4',
      'rougeL',
      'meteor',
      'cider',
      'rouge1F1',
      'rougeLF1',
    ] as const)
      expect(written!.scores[name]!.estimate).toBeCloseTo(flat.totals[name]!, 12);
    expect(written!.scores.ciderCorpus!.estimate).toBeCloseTo(corpus.totals['cider']!, 12);
    expect(written!.numReports).toBe(3);
  });

  it('keep case, as the reference does', async () => {
    const score = async (report: string) =>
      (await evaluateReportFilms([{ patient: 'p', text: 'Clear lungs', report }], QUICK))!.written!.scores
        .bleu1!;
    expect((await score('clear lungs')).estimate).toBeCloseTo(0.5, 6);
    expect((await score('Clear lungs')).estimate).toBeCloseTo(1, 6);
  });

  it('leave films without a report out on both sides, count them, and score them as empty beside', async () => {
    const some = [
      ...films,
      { patient: 'q', text: '', report: 'Normal.' },
      { patient: 'r', text: 'Clear.', report: null },
    ];
    const section = (await evaluateReportFilms(some, QUICK))!;
    expect([section.numWithoutReport, section.numWithoutReference]).toEqual([1, 1]);
    const alone = (await evaluateReportFilms(films, QUICK))!;
    expect(section.written!.scores.bleu4!.estimate).toBe(alone.written!.scores.bleu4!.estimate);
    expect(section.allFilms!.numReports).toBe(4);
    expect(section.allFilms!.scores.rougeL!.estimate).toBeCloseTo(
      (3 / 4) * section.written!.scores.rougeL!.estimate,
      12,
    );
    expect(alone.allFilms).toBeNull();
  });

  it('are nothing without references', async () => {
    expect(
      await evaluateReportFilms([{ patient: 'p', text: 'Clear.', report: null }], QUICK),
    ).toBeUndefined();
  });
});

describe('findings that reports state', () => {
  it('agree as computeLabelAgreement counts over all reports', async () => {
    const { clinical } = (await evaluateReportFilms(films, QUICK))!;
    const labels = (list: readonly string[]) => list.map((text) => labelReport(text).labels);
    const expected = computeLabelAgreement(labels(texts), labels(references));
    const { scores, findings, labeller } = clinical[0]!;
    expect(labeller).toBe('crrg');
    expect(scores.micro14F1!.estimate).toBeCloseTo(expected.micro14.f1!, 12);
    expect(scores.micro5Recall!.estimate).toBeCloseTo(expected.micro5.recall!, 12);
    expect(scores.macro14F1!.estimate).toBeCloseTo(expected.macro14.f1, 12);
    expect(scores.example14F1!.estimate).toBeCloseTo(expected.example14.f1, 12);
    expect(scores.example14Accuracy!.estimate).toBeCloseTo(expected.example14.accuracy, 12);
    for (const [finding, { support, f1 }] of Object.entries(expected.perFinding)) {
      const ours = findings[finding as keyof typeof findings]!;
      expect([finding, ours.support, ours.f1?.estimate]).toEqual([finding, support, f1]);
    }
  });

  it("are CheXbert's as well where its labels are given, an uncertain one pooled as stated", async () => {
    const blank = { 'No Finding': null };
    const chexbert: ChexbertLabels = new Map<string, ReportLabelValues>([
      [texts[0]!, { Cardiomegaly: 1 }],
      [references[0]!, { Cardiomegaly: -1 }],
      [texts[1]!, { 'No Finding': 1 }],
      [references[1]!, { 'No Finding': 1 }],
      [texts[2]!, { Pneumonia: 1 }],
      [references[2]!, blank],
    ]);
    const { clinical } = (await evaluateReportFilms(films, { ...QUICK, chexbert }))!;
    const { scores } = clinical[1]!;
    expect(clinical[1]!.labeller).toBe('chexbert');
    expect(scores.micro14Precision!.estimate).toBeCloseTo(2 / 3, 12);
    expect(scores.micro14Recall!.estimate).toBe(1);
    expect(scores.example14F1!.estimate).toBeCloseTo(1 / 3, 12);
  });
});
