import { ANATOMICAL_REGIONS, createRandom, type AnatomicalRegion, type Box } from '@crrg/core';
import type { Report } from '@crrg/pipeline';
import { describe, expect, it } from 'vitest';
import { computeIntervals, evaluateLabel, evaluateRegions, evaluateTexts, meanOf } from './index.js';

const box = (x1: number, y1: number, x2: number, y2: number): Box => ({ x1, y1, x2, y2 });

/** A report with these boxes and sentences; regions that are not named were not detected. */
function reportOf(
  said: Readonly<Partial<Record<AnatomicalRegion, { box?: Box; sentence?: string; score?: number }>>>,
  codes: readonly string[] = [],
): Report {
  const findings = Object.entries(said).flatMap(([region, { sentence }]) =>
    sentence === undefined ? [] : [{ region, sentence }],
  );
  return {
    text: findings.map(({ sentence }) => sentence).join(' '),
    findings,
    regions: ANATOMICAL_REGIONS.map((name) => ({
      name,
      box: said[name]?.box ?? null,
      abnormalityScore: said[name]?.score ?? 0,
    })),
    doubts: codes.map((code) => ({ code, message: '' })),
  } as unknown as Report;
}

describe('scores with intervals by patient', () => {
  const items = [0, 1, 2, 3, 4, 5].map((value) => ({ value, patient: value < 3 ? 'a' : `p${value}` }));
  const values = (sample: readonly { value: number }[]) => sample.map(({ value }) => value);

  it('are those of all items, and have no entry where undefined', () => {
    const scores = computeIntervals(items, {
      mean: (sample) => meanOf(values(sample)),
      nothing: () => undefined,
    });
    expect(scores.mean!.estimate).toBe(2.5);
    expect(scores.mean!.low).toBeLessThan(2.5);
    expect(scores.nothing).toBeUndefined();
  });

  it('draw everything of a patient together', () => {
    const seen = new Set<number>();
    computeIntervals(items, {
      ofPatient: (sample) => {
        const own = sample.filter(({ patient }) => patient === 'a');
        seen.add(own.length % 3);
        expect(new Set(values(own)).size).toBe(own.length > 0 ? 3 : 0);
        return sample.length;
      },
    });
    expect([...seen]).toEqual([0]);
  });

  it('are the same for the same seed and other ones for another', () => {
    const interval = (seed: number) =>
      computeIntervals(items, { mean: (sample) => meanOf(values(sample)) }, { seed, numResamples: 50 }).mean;
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });
});

describe('the regions of reports', () => {
  const right = box(0, 0, 10, 10);
  const films = [
    {
      report: reportOf({ 'right lung': { box: right }, 'left lung': { box: box(20, 0, 30, 10) } }),
      boxes: { 'right lung': right, 'left lung': box(20, 0, 30, 20) },
    },
    {
      report: reportOf({ 'right lung': { box: right }, spine: { box: right } }),
      boxes: { 'right lung': right, 'left lung': box(20, 0, 30, 10) },
    },
  ];

  it('have an overlap of 0 where they were not detected, and are not scored where nobody drew them', () => {
    const { scores, regionIou, numFilms, numBoxes } = evaluateRegions(films);
    expect([numFilms, numBoxes]).toEqual([2, 4]);
    expect(regionIou).toEqual({ 'right lung': 1, 'left lung': 0.25 });
    expect(scores.meanIou!.estimate).toBeCloseTo((1 + 0.5 + 1 + 0) / 4, 12);
    expect(scores.detectedShare!.estimate).toBe(3 / 4);
  });

  it('are also summed as RGRG does', () => {
    const { overlap } = evaluateRegions(films);
    // Intersections 100 + 100 + 100 + 0 over unions 100 + 200 + 100 + 100.
    expect(overlap.averageIou).toBeCloseTo(300 / 500, 12);
    expect(overlap.detectedRegionsPerImage).toBe(2);
  });

  it('of one film are drawn together', () => {
    const one = evaluateRegions([films[0]!]).scores.meanIou!;
    expect([one.low, one.high]).toEqual([0.75, 0.75]);
  });
});

describe('the texts of reports', () => {
  const SICK = { sentence: 'An opacity suggests pneumonia.', score: 0.9 };
  const CLEAR = { sentence: 'The lung is clear.', score: 0.1 };
  const films = [
    {
      report: reportOf({ 'right lung': SICK, 'left lung': SICK }),
      findings: { Pneumonia: true },
      group: 'PA',
    },
    {
      report: reportOf({ 'right lung': SICK, 'left lung': CLEAR }, ['report-against-classifier']),
      findings: { Pneumonia: false },
      group: 'PA',
    },
    {
      report: reportOf({ 'right lung': { ...CLEAR, score: 0.7 } }),
      findings: { Pneumonia: false },
      group: 'AP',
    },
    {
      report: reportOf({ 'right lung': CLEAR, 'right upper lung zone': SICK }),
      findings: { Pneumonia: true },
      group: 'AP',
    },
  ];

  it('are scored over all films and within each group', () => {
    const { groups } = evaluateTexts(films);
    expect(groups.map(({ name }) => name)).toEqual(['all films', 'PA', 'AP']);
    const specificity = groups.map(({ scores }) => scores.anyLungFinding!.specificity!.estimate);
    expect(specificity).toEqual([0.5, 0, 1]);
    expect(groups.map(({ scores }) => scores.anyLungFinding!.numFilms)).toEqual([4, 2, 2]);
  });

  it('contradict scores, zones, the classifier, or tell the lungs apart, in a share of the films', () => {
    expect(evaluateTexts(films).contradictions).toEqual({
      sentenceAgainstScore: 1 / 4,
      lungAgainstZones: 1 / 4,
      reportAgainstClassifier: 1 / 4,
      sidesDiffer: 1 / 4,
    });
  });
});

describe('one label of a classifier', () => {
  const answers = [
    { probability: 0.9, positive: true, isPresent: true },
    { probability: 0.2, positive: false, isPresent: true },
    { probability: 0.6, positive: true, isPresent: false },
    { probability: 0.1, positive: false, isPresent: false },
    { probability: 0.1, positive: false, isPresent: false },
  ];

  it('has scores as computed by hand', () => {
    const { scores, numFilms, numPositive } = evaluateLabel(answers);
    expect([numFilms, numPositive]).toEqual([5, 2]);
    expect(scores.auroc!.estimate).toBeCloseTo((3 + 2) / 6, 12);
    expect(scores.accuracy!.estimate).toBe(3 / 5);
    expect(scores.sensitivity!.estimate).toBe(1 / 2);
    expect(scores.specificity!.estimate).toBeCloseTo(2 / 3, 12);
    expect(scores.brier!.estimate).toBeCloseTo((0.01 + 0.64 + 0.36 + 0.01 + 0.01) / 5, 12);
  });

  it('has no area and no sensitivity without a positive film', () => {
    const { scores } = evaluateLabel(answers.filter(({ isPresent }) => !isPresent));
    expect(Object.keys(scores).sort()).toEqual(['accuracy', 'brier', 'specificity']);
  });

  it('says nothing of noise', () => {
    const random = createRandom(5);
    const noise = Array.from({ length: 400 }, () => ({
      probability: random.next(),
      positive: true,
      isPresent: random.next() < 0.5,
    }));
    const { auroc } = evaluateLabel(noise).scores;
    expect(auroc!.low).toBeLessThan(0.5);
    expect(auroc!.high).toBeGreaterThan(0.5);
  });
});
