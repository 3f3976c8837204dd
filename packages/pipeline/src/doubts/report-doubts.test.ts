import type { AnatomicalRegion } from '@crrg/core';
import { DEFAULT_REGION_SELECTOR_CONFIG } from '@crrg/region-selector';
import { describe, expect, it } from 'vitest';
import type { LabelResult } from '../classification.js';
import {
  decidedScores,
  findContradictions,
  findDisagreements,
  findReportDoubts,
  findSentenceDoubts,
} from './report-doubts.js';
import type { Finding, RegionResult } from '../report.js';

type Said = readonly [region: AnatomicalRegion, sentence: string, abnormalityScore: number];

const reportOf = (...said: readonly Said[]) => ({
  regions: said.map(([name, , abnormalityScore]) => ({ name, abnormalityScore }) as RegionResult),
  findings: said.map(([region, sentence]) => ({ region, sentence }) as Finding),
  text: said.map(([, sentence]) => sentence).join(' '),
});
const kinds = (...said: readonly Said[]) =>
  findContradictions(reportOf(...said)).map(({ kind, region }) => `${kind} ${region}`);

describe('a sentence against the abnormality score', () => {
  it.each<[sentence: string, score: number, contradicts: boolean]>([
    ['An opacity suggests pneumonia.', 0.2, true],
    ['An opacity suggests pneumonia.', 0.8, false],
    ['Possible edema.', 0.2, true],
    ['The lung is clear.', 0.8, true],
    ['The lung is clear.', 0.2, false],
    ['There is no pleural effusion.', 0.8, true],
    ['The heart is normal in size.', 0.8, true],
    // What the labels do not know, and devices, say nothing about normal or not.
    ['The aorta is tortuous.', 0.8, false],
    ['A right PICC line is in place.', 0.8, false],
    ['A right PICC line is in place.', 0.2, false],
    ['', 0.8, false],
  ])('"%s" scored %s: %s', (sentence, score, contradicts) => {
    expect(kinds(['left lung', sentence, score])).toEqual(
      contradicts ? ['sentence-against-score left lung'] : [],
    );
    const doubts = findSentenceDoubts({ region: 'left lung', sentence, abnormalityScore: score }, {});
    expect(doubts.map(({ code }) => code)).toEqual(contradicts ? ['sentence-against-score'] : []);
  });

  it('at a threshold itself is none', () => {
    const decided = { normalBelow: 0.25, abnormalAbove: 0.75 };
    const at = (sentence: string, score: number) =>
      findSentenceDoubts({ region: null, sentence, abnormalityScore: score }, decided).length;
    expect([at('Edema.', 0.25), at('Edema.', 0.249), at('Clear.', 0.75), at('Clear.', 0.751)]).toEqual([
      0, 1, 0, 1,
    ]);
  });

  it('counts from where the selector has decided', () => {
    const rgrg = decidedScores(DEFAULT_REGION_SELECTOR_CONFIG);
    expect(rgrg.normalBelow).toBeCloseTo(0.2689, 4);
    expect(rgrg.abnormalAbove).toBeCloseTo(6 / 7, 12);
    const even = { ...DEFAULT_REGION_SELECTOR_CONFIG, abnormalityPosWeight: 1, thresholdLogit: 2 };
    expect(decidedScores(even)).toEqual({ normalBelow: 0.5, abnormalAbove: 0.5 });
  });
});

describe('a sentence of the other side', () => {
  it('puts its region in doubt, and a box never', () => {
    const sentence = 'The right lung is clear.';
    const said: Said[] = [
      ['left lung', sentence, 0.5],
      ['left hilar structures', sentence, 0.5],
      ['right lung', sentence, 0.5],
    ];
    expect(findReportDoubts(reportOf(...said), {})).toEqual([
      {
        code: 'sentence-of-other-side',
        message:
          'the sentence of left lung, left hilar structures speaks of the other side. Do not trust it; look at the film.',
      },
    ]);
    const doubtsOf = (region: AnatomicalRegion | null) =>
      findSentenceDoubts({ region, sentence, abnormalityScore: 0.5 }, {}).map(({ code }) => code);
    expect(doubtsOf('left lung')).toEqual(['sentence-of-other-side']);
    expect(doubtsOf('right lung')).toEqual([]);
    expect(doubtsOf(null)).toEqual([]);
  });
});

describe('a lung against its zones', () => {
  const lung = (sentence: string): Said => ['right lung', sentence, 0.5];
  const zone = (name: 'upper' | 'mid' | 'lower', sentence: string): Said => [
    `right ${name} lung zone`,
    sentence,
    0.5,
  ];
  const contradicted = ['lung-against-zones right lung'];

  it('is a contradiction where a zone states what the lung denies', () => {
    expect(kinds(lung('The lung is clear.'), zone('lower', 'Possible pneumonia.'))).toEqual(contradicted);
    expect(kinds(lung('No focal opacity is seen.'), zone('mid', 'There is consolidation.'))).toEqual(
      contradicted,
    );
    expect(kinds(lung('There is no pneumothorax.'), zone('mid', 'There is consolidation.'))).toEqual([]);
    expect(kinds(lung('There is no edema.'), zone('mid', 'There is atelectasis.'))).toEqual([]);
  });

  it('is a contradiction where every zone denies what the lung states', () => {
    const zones = [zone('upper', 'Clear.'), zone('mid', 'No opacity.'), zone('lower', 'Clear.')];
    expect(kinds(lung('An opacity is seen.'), ...zones)).toEqual(contradicted);
    expect(kinds(lung('An opacity is seen.'), ...zones.slice(1))).toEqual([]);
    expect(kinds(lung('An opacity is seen.'), ...zones.slice(1), zone('upper', 'An opacity.'))).toEqual([]);
    expect(kinds(lung('Pleural effusion.'), ...zones)).toEqual([]);
  });

  it('is none across the sides', () => {
    expect(kinds(lung('The lung is clear.'), ['left lower lung zone', 'Possible pneumonia.', 0.5])).toEqual(
      [],
    );
  });
});

describe('a report against the classifier', () => {
  const label = (name: string, positive: boolean): LabelResult => ({
    label: name,
    positive,
    probability: positive ? 0.9 : 0.1,
    threshold: 0.5,
    model: 'test',
  });
  it.each<[text: string, label: string, positive: boolean, disagrees: boolean]>([
    ['Opacity suggests pneumonia.', 'Pneumonia', false, true],
    ['Opacity suggests pneumonia.', 'Pneumonia', true, false],
    ['The lungs are clear.', 'Pneumonia', true, true],
    ['The lungs are clear.', 'pneumonia', true, true],
    ['The lungs are clear.', 'Pneumonia', false, false],
    // An opacity may be the finding, but does not claim it.
    ['An opacity is seen.', 'Pneumonia', true, false],
    ['An opacity is seen.', 'Pneumonia', false, false],
    ['An opacity is seen.', 'Pneumothorax', true, true],
    ['An opacity is seen.', 'Label 1', true, false],
  ])('"%s" and %s: %s', (text, name, positive, disagrees) => {
    expect(findDisagreements(text, [label(name, positive)])).toHaveLength(disagrees ? 1 : 0);
  });

  it('is a doubt that names the labels, beside those about sentences, each once', () => {
    const said = reportOf(
      ['right lung', 'The lung is clear.', 0.9],
      ['left lung', 'The lung is clear.', 0.9],
      ['left lower lung zone', 'Possible edema.', 0.9],
    );
    const doubts = findReportDoubts({ ...said, classification: [label('Pneumonia', true)] }, {});
    expect(doubts.map(({ code }) => code)).toEqual([
      'sentence-against-score',
      'sentences-disagree',
      'report-against-classifier',
    ]);
    expect(doubts[0]!.message).toContain('about right lung, left lung.');
    expect(doubts[2]!.message).toContain('about Pneumonia.');
  });
});
