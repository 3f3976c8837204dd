import type { LabelResult, RadiographClassification, RegionDescription, Report } from '@crrg/pipeline';
import { describe, expect, it } from 'vitest';
import { formatClassificationRow } from './classification-text.js';
import { formatDescription, formatReport } from './report-text.js';

const BOX = { x1: 1, y1: 2, x2: 30, y2: 40 };
const LABELS: LabelResult[] = [
  { label: 'Pneumonia', probability: 0.9, threshold: 0.5, positive: true, model: 'm 1' },
  { label: 'Edema', probability: 0.2, threshold: 0.25, positive: false, model: 'm 1' },
];
const NEGATIVE = { code: 'negative', message: 'the greys look inverted.' } as const;

describe('a row of the table of classifications', () => {
  const result = (file: string, doubts: RadiographClassification['doubts'] = []) =>
    ({ input: { file }, classification: LABELS, doubts }) as unknown as RadiographClassification;

  it('says yes above the threshold and no below, and names doubts at its end', () => {
    const files = ['a.png', 'long-name.png'];
    expect(formatClassificationRow(result('a.png'), { files, index: 0 })).toBe(
      [
        'FILE           Pneumonia (> 0.50)  Edema (> 0.25)',
        'a.png          0.900 yes           0.200 no',
        '',
      ].join('\n'),
    );
    expect(formatClassificationRow(result('long-name.png', [NEGATIVE]), { files, index: 1 })).toBe(
      'long-name.png  0.900 yes           0.200 no        in doubt: negative\n',
    );
  });

  it('is aligned by what is printed of the names', () => {
    const files = ['a\u001b\u001b\u001b\u001b.png'];
    expect(formatClassificationRow(result(files[0]!), { files, index: 1 })).toBe(
      'a .png  0.900 yes           0.200 no\n',
    );
  });
});

describe('a report for people', () => {
  const report = {
    input: { file: 'a.png', width: 100, height: 80 },
    text: 'The spine is normal.',
    regions: [
      { name: 'spine', status: 'described', detectionScore: 0.75, abnormalityScore: 0.25 },
      { name: 'trachea', status: 'detected' },
      { name: 'carina', status: 'not-detected' },
    ],
    findings: [{ region: 'spine', sentence: 'The spine is normal.' }],
    classification: LABELS,
    doubts: [NEGATIVE],
    provenance: { model: { name: 'm', version: '1' }, backend: 'b', durations: { a: 1500, b: 500 } },
  } as unknown as Report;

  it('has every score under its heading, every region in its list, and doubts at the end', () => {
    expect(formatReport(report, 90)).toBe(
      [
        'a.png  100 x 80  m 1, b, 2.0 s',
        '',
        'REGION  ABNORMAL  DETECTED  SENTENCE',
        'spine   25 %      75 %      The spine is normal.',
        '',
        'No sentence:  trachea',
        'Not found:  carina',
        '',
        'LABEL      PROBABILITY  VERDICT',
        'Pneumonia  90 %         above the threshold of 50 %',
        'Edema      20 %         below the threshold of 25 %',
        '',
        'The spine is normal.',
        '',
        'doubt negative: the greys look inverted.',
        '',
      ].join('\n'),
    );
  });

  it('of one region names the box, both scores and the doubts', () => {
    const description = {
      region: null,
      sentence: 'Clear.',
      box: BOX,
      abnormalityScore: 0.1,
      selectionScore: 0.6,
      doubts: [NEGATIVE],
    } as unknown as RegionDescription;
    expect(formatDescription(description, 90)).toBe(
      [
        'box       Clear.',
        'abnormal  10 %',
        'selected  60 %',
        'box       1, 2, 30, 40 (x1, y1, x2, y2 in pixels of the picture)',
        'doubt negative: the greys look inverted.',
        '',
      ].join('\n'),
    );
  });
});
