import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLINICAL_FINDINGS, labelReport, type ClinicalFinding, type LabelStatus } from './index.js';

const STATUS: Record<string, LabelStatus | undefined> = {
  '1.0': 'positive',
  '0.0': 'negative',
  '-1.0': 'uncertain',
};

/** Rows of a small CSV file with quotes and line ends in quotes. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const [line] of text.trimEnd().matchAll(/(?:"(?:[^"]|"")*"|[^\n])+/g)) {
    const cells = Array.from(
      line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g),
      (match) => match[1] ?? match[2]!,
    );
    rows.push(cells);
  }
  return rows;
}

describe('the labelled sample of the CheXpert labeler', () => {
  const [header, ...rows] = parseCsv(
    readFileSync(new URL('./__fixtures__/labeled-reports.csv', import.meta.url), 'utf8'),
  );

  it('is read whole', () => {
    expect(header!.slice(1).sort()).toEqual([...CLINICAL_FINDINGS].sort());
    expect(rows).toHaveLength(4);
  });

  it.each(rows)('agrees in all 14 labels: %s', (report, ...cells) => {
    const expected = Object.fromEntries(header!.slice(1).map((finding, at) => [finding, STATUS[cells[at]!]]));
    expect(labelReport(report!).labels).toEqual(expected);
  });
});

const CODES: Record<string, ClinicalFinding> = {
  EC: 'Enlarged Cardiomediastinum',
  CM: 'Cardiomegaly',
  LO: 'Lung Opacity',
  LL: 'Lung Lesion',
  ED: 'Edema',
  CO: 'Consolidation',
  PN: 'Pneumonia',
  AT: 'Atelectasis',
  PX: 'Pneumothorax',
  PE: 'Pleural Effusion',
  PO: 'Pleural Other',
  FX: 'Fracture',
  SD: 'Support Devices',
};
const SIGNS: Record<LabelStatus, string> = { positive: '+', negative: '-', uncertain: '?' };

/** Labels in the form of the tables: "CM+ PE-", "-" for none. */
function codesOf(report: string): string {
  const { labels } = labelReport(report);
  const codes = Object.entries(CODES).flatMap(([code, finding]) => {
    const status = labels[finding];
    return status ? [code + SIGNS[status]] : [];
  });
  return codes.join(' ') || '-';
}

const inOrder = (codes: string) =>
  codes === '-'
    ? codes
    : Object.keys(CODES)
        .flatMap((code) => codes.split(' ').filter((c) => c.startsWith(code)))
        .join(' ');

function readTable(name: string): { kind: string; text: string; right: string[] }[] {
  const [, ...rows] = readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return rows.map((row) => {
    const [kind, text, ...right] = row.split('\t');
    return { kind: kind!, text: JSON.parse(text!) as string, right: right.map(inOrder) };
  });
}

describe.each([
  ['field-sentences.tsv', 92],
  ['own-sentences.tsv', 820],
])('%s', (name, count) => {
  const rows = readTable(name);

  it('is read whole', () => {
    expect(rows).toHaveLength(count);
  });

  it.each(rows)('is labelled as someone would: $kind: $text', ({ text, right }) => {
    expect(right).toContain(codesOf(text));
  });
});

type Expectation = Partial<Record<ClinicalFinding, LabelStatus | undefined>>;

/** Sentences of our own, one or more for each pattern of the original's rule files and for what the rules here must not mistake. */
const CASES: readonly [string, Expectation][] = [
  // Negation before the finding.
  ['No pneumothorax.', { Pneumothorax: 'negative' }],
  ['There is no definite pleural effusion.', { 'Pleural Effusion': 'negative' }],
  ['No evidence of pneumonia.', { Pneumonia: 'negative' }],
  ['The lungs are free of consolidation.', { Consolidation: 'negative' }],
  ['Lungs are clear of edema.', { Edema: 'negative' }],
  ['Negative for fracture.', { Fracture: 'negative' }],
  ['Interval resolution of the left effusion.', { 'Pleural Effusion': 'negative' }],
  ['Status post removal of the chest tube.', { 'Support Devices': 'negative' }],
  ['Atelectasis rather than pneumonia.', { Atelectasis: 'positive', Pneumonia: 'negative' }],
  ['Pneumonia has been ruled out.', { Pneumonia: 'negative' }],
  ['The film does not show a pneumothorax.', { Pneumothorax: 'negative' }],
  // Negation of lists.
  [
    'No focal consolidation, large pleural effusion, or pneumothorax.',
    { Consolidation: 'negative', 'Pleural Effusion': 'negative', Pneumothorax: 'negative' },
  ],
  ['No effusion, pneumothorax.', { 'Pleural Effusion': 'negative', Pneumothorax: 'negative' }],
  ['No edema and no effusion.', { Edema: 'negative', 'Pleural Effusion': 'negative' }],
  ['No pneumothorax, mild cardiomegaly.', { Pneumothorax: 'negative', Cardiomegaly: 'positive' }],
  ['No pneumothorax and small left effusion.', { Pneumothorax: 'negative', 'Pleural Effusion': 'positive' }],
  [
    'There is no pneumothorax but there is a small effusion.',
    { Pneumothorax: 'negative', 'Pleural Effusion': 'positive' },
  ],
  ['Cardiomegaly without edema.', { Cardiomegaly: 'positive', Edema: 'negative' }],
  // Negation after the finding.
  ['Pneumothorax is not seen.', { Pneumothorax: 'negative' }],
  ['The effusion is no longer visualized.', { 'Pleural Effusion': 'negative' }],
  ['The left pneumothorax has resolved.', { Pneumothorax: 'negative' }],
  [
    'There is a small effusion and the pneumothorax has resolved.',
    { 'Pleural Effusion': 'positive', Pneumothorax: 'negative' },
  ],
  ['The endotracheal tube has been removed.', { 'Support Devices': 'negative' }],
  // Change is not absence.
  ['No change in the right effusion.', { 'Pleural Effusion': 'positive' }],
  ['No significant interval increase in edema.', { Edema: 'positive' }],
  // The heart and the mediastinum.
  ['Heart size normal.', { Cardiomegaly: 'negative' }],
  ['The heart is not enlarged.', { Cardiomegaly: 'negative' }],
  ['The heart is at the upper limits of normal.', { Cardiomegaly: 'negative' }],
  ['The heart is enlarged and the lungs are clear.', { Cardiomegaly: 'positive' }],
  ['The lungs are clear and the heart is enlarged.', { Cardiomegaly: 'positive' }],
  [
    'Heart size, mediastinal contours, and vascularity are normal.',
    { Cardiomegaly: 'negative', 'Enlarged Cardiomediastinum': 'negative' },
  ],
  [
    'Normal heart size and mediastinal contours.',
    { Cardiomegaly: 'negative', 'Enlarged Cardiomediastinum': 'negative' },
  ],
  [
    'There is cardiomegaly and the mediastinal contours are normal.',
    { Cardiomegaly: 'positive', 'Enlarged Cardiomediastinum': 'negative' },
  ],
  [
    'The cardiomediastinal silhouette is normal in size and contour.',
    { 'Enlarged Cardiomediastinum': 'negative' },
  ],
  ['The cardiac silhouette is stable.', { Cardiomegaly: 'uncertain' }],
  ['Stable enlarged cardiac silhouette.', { Cardiomegaly: 'positive' }],
  ['Borderline heart size.', { Cardiomegaly: 'uncertain' }],
  ['The mediastinum is widened.', { 'Enlarged Cardiomediastinum': 'positive' }],
  ['A pacer projects over the heart.', { Cardiomegaly: undefined, 'Support Devices': 'positive' }],
  // Doubt that looks like negation.
  ['Pneumonia cannot be excluded.', { Pneumonia: 'uncertain' }],
  ['We cannot rule out a small pneumothorax.', { Pneumothorax: 'uncertain' }],
  ['Consolidation is not excluded.', { Consolidation: 'uncertain' }],
  ['No new consolidation.', { Consolidation: 'uncertain' }],
  ['A fracture is not clearly seen.', { Fracture: 'uncertain' }],
  ['Fractures may not be visible.', { Fracture: 'uncertain' }],
  // Doubt.
  ['Possible small right effusion.', { 'Pleural Effusion': 'uncertain' }],
  ['Opacity that may represent pneumonia.', { 'Lung Opacity': 'positive', Pneumonia: 'uncertain' }],
  ['Findings suspicious for edema.', { Edema: 'uncertain' }],
  ['Question of a left effusion.', { 'Pleural Effusion': 'uncertain' }],
  ['Pneumonia is suspected.', { Pneumonia: 'uncertain' }],
  ['A small effusion could be present.', { 'Pleural Effusion': 'uncertain' }],
  ['Atelectasis versus pneumonia.', { Atelectasis: 'uncertain', Pneumonia: 'uncertain' }],
  ['Bibasilar atelectasis or scarring.', { Atelectasis: 'uncertain', 'Lung Opacity': 'uncertain' }],
  ['Atelectasis/infiltrate at the base.', { Atelectasis: 'uncertain', 'Lung Opacity': 'uncertain' }],
  [
    'Opacities that may represent atelectasis versus consolidation.',
    { 'Lung Opacity': 'positive', Atelectasis: 'uncertain', Consolidation: 'uncertain' },
  ],
  ['Opacity, atelectasis versus infection.', { 'Lung Opacity': 'positive', Atelectasis: 'uncertain' }],
  ['Differential diagnosis atypical infection.', { Pneumonia: 'uncertain' }],
  ['Small effusion or hemothorax.', { 'Pleural Effusion': 'uncertain' }],
  ['Chest wall pacemaker or defibrillator.', { 'Support Devices': 'positive' }],
  ['Effusion on the right or left.', { 'Pleural Effusion': 'positive' }],
  ['Opacities with probable effusion.', { 'Lung Opacity': 'positive', 'Pleural Effusion': 'uncertain' }],
  ['Recommend evaluation of this nodule with CT.', { 'Lung Lesion': 'positive' }],
  ['Pulmonary vascular congestion.', { Edema: 'uncertain' }],
  ['Correlate clinically for pneumonia.', { Pneumonia: 'uncertain' }],
  // Words.
  ['Hydropneumothorax on the left.', { Pneumothorax: 'positive' }],
  ['Masses in both lungs.', { 'Lung Lesion': 'positive' }],
  ['Massive pericardial effusion.', { 'Lung Lesion': undefined, 'Pleural Effusion': undefined }],
  [
    'Status post lumpectomy with plate-like atelectasis.',
    { 'Lung Lesion': undefined, 'Support Devices': undefined, Atelectasis: 'positive' },
  ],
  ['Calcified nodules.', { 'Lung Lesion': undefined, 'No Finding': undefined }],
  // Enumerations, and what stands apart from them.
  ['No effusion, heart failure.', { 'Pleural Effusion': 'negative', Edema: 'negative' }],
  ['No edema, effusion at the left base is larger.', { Edema: 'negative', 'Pleural Effusion': 'positive' }],
  ['No edema, effusion now markedly larger.', { Edema: 'negative', 'Pleural Effusion': 'positive' }],
  ['No very good convincing evidence of the effusion.', { 'Pleural Effusion': 'negative' }],
  ['No kink of the long right chest catheter.', { 'Support Devices': 'positive' }],
  ['No cavity within the large right upper mass.', { 'Lung Lesion': 'positive' }],
  // The nearer of two subjects has the predicate.
  [
    'Mild edema, pneumothorax, previously large, is not seen.',
    { Edema: 'positive', Pneumothorax: 'negative' },
  ],
  ['The film shows effusion or masses no longer present.', { 'Pleural Effusion': 'negative' }],
  [
    'There is an effusion and masses are not seen.',
    { 'Pleural Effusion': 'positive', 'Lung Lesion': 'negative' },
  ],
  // Words between a cue and its predicate.
  ['The effusion has not yet been completely resolved.', { 'Pleural Effusion': 'positive' }],
  ['The effusion is not now also seen.', { 'Pleural Effusion': 'negative' }],
  ['It is uncertain whether there is a small left apical pneumothorax.', { Pneumothorax: 'uncertain' }],
  ['Effusion in the left chest: possible.', { 'Pleural Effusion': 'uncertain' }],
  ['The heart is not at all enlarged.', { Cardiomegaly: 'negative' }],
  ['The heart is now also stable.', { Cardiomegaly: 'uncertain' }],
  ['The heart is normal in size, shape and contour.', { 'Enlarged Cardiomediastinum': 'negative' }],
  [
    'The aorta is now clearly normal near the widened mediastinum.',
    { 'Enlarged Cardiomediastinum': 'positive' },
  ],
  ['Enlarged right cardiac silhouette, otherwise normal.', { Cardiomegaly: 'positive' }],
  [
    'Stable cardiomediastinal silhouette with very mild cardiomegaly.',
    { 'Enlarged Cardiomediastinum': 'uncertain', Cardiomegaly: 'positive' },
  ],
  ['Edema, aortic ectasia or tortuosity, atelectasis.', { Edema: 'positive', Atelectasis: 'positive' }],
  // Conclusions.
  ['Heart failure.', { Edema: 'positive', Cardiomegaly: 'uncertain' }],
  ['No heart failure.', { Edema: 'negative', Cardiomegaly: undefined, 'No Finding': 'positive' }],
  ['Scoliosis.', { 'No Finding': undefined }],
  ['Right central line. Lungs are clear.', { 'Support Devices': 'positive', 'No Finding': 'positive' }],
  [
    'Small effusion. No effusion on the left. Possible effusion on the right.',
    { 'Pleural Effusion': 'positive' },
  ],
  ['No edema on the left. Possible edema on the right.', { Edema: 'uncertain' }],
];

describe('a report', () => {
  it.each(CASES)('is labelled: %s', (report, expected) => {
    const { labels } = labelReport(report);
    const found = Object.fromEntries(
      Object.keys(expected).map((finding) => [finding, labels[finding as ClinicalFinding]]),
    );
    expect(found).toEqual(expected);
  });

  it('without words has no finding', () => {
    for (const text of ['', '  \n', '...', '1. 2. 3.'])
      expect(labelReport(text).labels).toEqual({
        ...Object.fromEntries(CLINICAL_FINDINGS.map((finding) => [finding, undefined])),
        'No Finding': 'positive',
      });
  });

  it('shows the sentence, phrase and cue behind a label', () => {
    expect(labelReport('Lungs clear. No pleural effusion, left or right.').mentions).toEqual([
      {
        finding: 'Pleural Effusion',
        status: 'negative',
        phrase: 'effusion',
        cue: 'no',
        sentence: 'no pleural effusion , left or right',
      },
    ]);
  });

  it('gives the predicate to the nearer of two names of one device', () => {
    const { labels } = labelReport('The central line catheter was removed.');
    expect(labels['Support Devices']).toBe('negative');
  });

  it('names "versus" as the doubt of both of its sides', () => {
    const { mentions } = labelReport('Atelectasis versus pneumonia.');
    expect(mentions.map(({ cue }) => cue)).toEqual(['versus', 'versus']);
  });

  it('is the same in capitals and with other white space', () => {
    for (const [report, expected] of CASES) {
      const shouted = labelReport(`  ${report.toUpperCase().replaceAll(' ', ' \n')} `).labels;
      for (const [finding, status] of Object.entries(expected))
        expect(shouted[finding as ClinicalFinding]).toBe(status);
    }
  });

  it('does not change the labels of the sentences before or after it', () => {
    const reports = CASES.map(([report]) => report);
    const stated = (labels: Record<string, LabelStatus | undefined>) =>
      CLINICAL_FINDINGS.filter((finding) => finding !== 'No Finding' && labels[finding] === 'positive');
    fc.assert(
      fc.property(fc.constantFrom(...reports), fc.constantFrom(...reports), (first, second) => {
        const both = stated(labelReport(`${first} ${second}`).labels);
        const union = new Set([...stated(labelReport(first).labels), ...stated(labelReport(second).labels)]);
        expect(both).toEqual(CLINICAL_FINDINGS.filter((finding) => union.has(finding)));
      }),
      { seed: 1 },
    );
  });

  it('of any characters is labelled without failure, also where one word comes thousands of times', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'grapheme' }), (text) => void labelReport(text)),
      { seed: 1 },
    );
    labelReport('no '.repeat(5000));
    labelReport('possible effusion or edema, '.repeat(200));
    labelReport('is stable and normal '.repeat(1000));
    labelReport('no effusion '.repeat(1500));
  });

  it('must be text', () => {
    expect(() => labelReport(undefined as never)).toThrow(/expected a report as text, got undefined/);
  });
});
