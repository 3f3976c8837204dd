import { computeRegionOverlap, computeSelectionScores } from '@crrg/metrics';
import { computeMeteor, loadMeteor } from '@crrg/metrics/meteor';
import { describe, expect, it } from 'vitest';
import { box, filmOf } from '../__fixtures__/rrg-films.js';
import { evaluateRrgFilms } from './evaluate-rrg-films.js';
import { rrgNotes } from './notes.js';

const QUICK = { numResamples: 20 };
const CLEAR = 'The right lung is clear.';
const HEART = 'The heart is enlarged.';

/** Two films: the right lung is hit exactly in one and missed in the other; the heart was found once, and once nobody boxed it. */
const films = [
  filmOf(
    'a',
    {
      'right lung': {
        box: box(0, 0, 10, 10),
        sentence: CLEAR,
        reference: { box: box(0, 0, 10, 10), text: 'Clear right lung.' },
      },
      'cardiac silhouette': {
        box: box(0, 0, 10, 10),
        sentence: HEART,
        isAbnormal: true,
        reference: { box: box(0, 0, 20, 10), text: HEART, abnormal: true },
      },
      spine: { box: box(0, 0, 5, 5), reference: { text: 'Scoliosis.', abnormal: true } },
    },
    { report: `${CLEAR} The heart is normal.` },
  ),
  filmOf(
    'b',
    {
      'right lung': { reference: { box: box(0, 0, 30, 10), text: '' } },
      trachea: { box: box(0, 0, 9, 9), sentence: 'Midline trachea.' },
    },
    { report: 'No effusion.' },
  ),
  filmOf('c', {}, { report: 'Normal chest.' }),
];

describe('regions of a report model', () => {
  it('are scored where they are annotated alone: sums of areas, means of ratios, shares, by region', async () => {
    const { detection } = await evaluateRrgFilms(films, QUICK);
    const { scores, regions, numFilms, numBoxes } = detection!;
    expect([numFilms, numBoxes]).toEqual([2, 3]);
    expect(scores.overlap!.estimate).toBe((100 + 100 + 0) / (100 + 200 + 300));
    expect(scores.meanIou!.estimate).toBe((1 + 0.5 + 0) / 3);
    expect(scores.detectedShare!.estimate).toBe(2 / 3);
    expect(scores.detectedRegionsPerFilm!.estimate).toBe((3 + 1) / 2);
    expect(regions['right lung']!.scores.meanIou!.estimate).toBe(0.5);
    expect(regions['cardiac silhouette']!.scores.overlap!.estimate).toBe(0.5);
    expect(Object.keys(regions)).toEqual(['right lung', 'cardiac silhouette']);
  });

  it('agree with the ratio of sums of @crrg/metrics', async () => {
    const { detection } = await evaluateRrgFilms(films, QUICK);
    const nothing = box(0, 0, 0, 0);
    const { averageIou } = computeRegionOverlap(
      films.map(({ regions }) => ({
        boxes: regions.map((region) => region.box ?? nothing),
        isDetected: regions.map((region) => region.box !== null),
        expected: regions.map(({ reference }) => reference?.box ?? undefined),
      })),
    );
    expect(detection!.scores.overlap!.estimate).toBeCloseTo(averageIou!, 12);
  });

  it('have an average precision in which a box of a region that nobody annotated is no error', async () => {
    const { averagePrecision } = (await evaluateRrgFilms(films, QUICK)).detection!;
    // Right lung: one of two boxes, found exactly. Heart: an IoU of 0.5 counts at the first threshold alone.
    const half =
      Array.from({ length: 101 }, (_, step) => (step * 0.01 <= 0.5 ? 1 : 0)).reduce<number>(
        (a, b) => a + b,
        0,
      ) / 101;
    expect(averagePrecision!.regions['right lung']).toBeCloseTo(half, 9);
    expect(averagePrecision!.regions['cardiac silhouette']).toBeCloseTo(0.1, 9);
    expect(averagePrecision!.scores.ap50!.estimate).toBeCloseTo((half + 1) / 2, 9);
    expect(averagePrecision!.scores.ap75!.estimate).toBeCloseTo(half / 2, 9);
  });

  it('are selected and called abnormal as over listed regions alone, in three subsets', async () => {
    const { regions } = await evaluateRrgFilms(films, QUICK);
    const expected = computeSelectionScores({
      isSelected: [1, 1, 0, 0],
      hasPhrase: [1, 1, 1, 0],
      isAbnormal: [0, 1, 1, 0],
    });
    for (const subset of ['all', 'normal', 'abnormal'] as const) {
      const { confusion, precision, recall, f1 } = expected[subset];
      expect(regions!.selection[subset].confusion).toEqual(confusion);
      expect(regions!.selection[subset].scores.precision?.estimate).toBe(precision);
      expect(regions!.selection[subset].scores.recall?.estimate).toBe(recall);
      expect(regions!.selection[subset].scores.f1?.estimate).toBe(f1);
    }
    // The third film has a report, but nobody listed its regions.
    expect([regions!.numFilms, regions!.numRegions]).toEqual([2, 4]);
    // The lung of the second film was not detected: nothing is said of its abnormality.
    expect(regions!.abnormality.confusion).toEqual({
      truePositives: 1,
      falsePositives: 0,
      falseNegatives: 1,
      trueNegatives: 1,
    });
  });

  it('are not judged by empty phrases where a study says nothing of any region', async () => {
    const unsaid = filmOf('x', {
      'left lung': { box: box(0, 0, 9, 9), reference: { box: box(0, 0, 9, 9) } },
    });
    const { regions, detection } = await evaluateRrgFilms([unsaid], QUICK);
    expect(regions).toBeNull();
    expect(detection!.numBoxes).toBe(1);
  });

  it('have figures with the reference leak under that name only where they were asked for', async () => {
    expect((await evaluateRrgFilms(films, QUICK)).withReferenceLeak).toBeNull();
    const leak = { box: box(0, 0, 30, 10), isDetected: true, isSelected: true, isAbnormal: false };
    const leaked = films.map((film) => ({
      ...film,
      regions: film.regions.map((region) => ({ ...region, withReferenceLeak: leak })),
    }));
    const { detection, withReferenceLeak } = await evaluateRrgFilms(leaked, QUICK);
    expect(withReferenceLeak!.detection!.scores.meanIou!.estimate).toBeCloseTo((1 / 3 + 2 / 3 + 1) / 3, 12);
    expect(withReferenceLeak!.regions!.selection.all.scores.recall!.estimate).toBe(1);
    expect(detection!.scores.meanIou!.estimate).toBe(0.5);
  });
});

describe('a region that was not detected, as RGRG counts', () => {
  it('shares nothing with its annotation, while the box that was proposed for it stays in the union', async () => {
    const leak = { box: box(0, 0, 10, 10), isDetected: false, isSelected: false, isAbnormal: false };
    const film = filmOf('a', { 'right lung': { reference: { box: box(0, 0, 10, 30) } } });
    const leaked = {
      ...film,
      regions: film.regions.map((region) => ({ ...region, withReferenceLeak: leak })),
    };
    const another = { ...leaked, id: 'b', patient: 'b' };
    const hit = { ...leak, isDetected: true };
    const found = {
      ...another,
      regions: another.regions.map((region) => ({ ...region, withReferenceLeak: hit })),
    };
    const { detection } = (await evaluateRrgFilms([leaked, found], QUICK)).withReferenceLeak!;
    expect(detection!.scores.overlap!.estimate).toBe((0 + 100) / (100 + 300 + 300));
  });
});

describe('sentences of a report model', () => {
  it('are paired with the phrase of their own region where there is one, and with those of other regions of the film', async () => {
    const { sentences } = await evaluateRrgFilms(films, QUICK);
    const meteor = await loadMeteor();
    const of = (pairs: readonly (readonly [string, string])[]) =>
      computeMeteor(
        meteor,
        pairs.map(([text]) => text),
        pairs.map(([, phrase]) => phrase),
      ).aggregate.score;
    const lung = [CLEAR, 'Clear right lung.'] as const;
    const heart = [HEART, HEART] as const;
    const { scores, numPairs, regions } = sentences!;
    expect(numPairs).toEqual({ all: 2, normal: 1, abnormal: 1, mismatched: 2 });
    expect(scores.all!.estimate).toBeCloseTo(of([lung, heart]), 12);
    expect(scores.normal!.estimate).toBeCloseTo(of([lung]), 12);
    expect(scores.abnormal!.estimate).toBeCloseTo(1, 12);
    const mismatched = of([
      [CLEAR, HEART],
      [HEART, 'Clear right lung.'],
    ]);
    expect(scores.mismatched!.estimate).toBeCloseTo(mismatched, 12);
    expect(scores.ratio!.estimate).toBeCloseTo(of([lung, heart]) / mismatched, 12);
    expect(Object.keys(regions)).toEqual(['right lung', 'cardiac silhouette']);
    expect(regions['right lung']!.meteor.estimate).toBeCloseTo(of([lung]), 12);
  });
});

it('sentences of regions without a phrase enter no score of sentences', async () => {
  const silent = { box: box(0, 0, 9, 9), sentence: CLEAR, reference: { text: ' ' } };
  const film = filmOf('s', { 'right lung': silent }, { report: 'Normal.' });
  expect((await evaluateRrgFilms([film], QUICK)).sentences).toBeNull();
  const { sentences } = await evaluateRrgFilms([...films, film], QUICK);
  expect(sentences!.numPairs.all).toBe(2);
});

describe('counts of an evaluation', () => {
  it('tell films without a selected region, and boxes beyond their film', async () => {
    const outside = filmOf('o', { 'left lung': { reference: { box: box(0, 0, 300, 300), text: 'Clear.' } } });
    const sections = await evaluateRrgFilms([...films, outside], QUICK);
    expect(sections.counts).toMatchObject({
      films: 4,
      patients: 4,
      withoutSelectedRegion: 2,
      boxesOutside: 1,
    });
    const notes = rrgNotes(sections).join('\n');
    expect(notes).toContain('2 of 4 films have no selected region');
    expect(notes).toContain('1 annotated boxes reach beyond their film');
  });

  it('tell how many films are in doubt, and why', async () => {
    const doubtful = filmOf('d', {}, { doubts: ['not-a-chest', 'low-resolution'] });
    const other = filmOf('e', {}, { doubts: ['low-resolution'] });
    const sections = await evaluateRrgFilms([...films, doubtful, other], QUICK);
    expect(sections.counts.inDoubt).toEqual({ films: 2, byCode: { 'not-a-chest': 1, 'low-resolution': 2 } });
    expect(rrgNotes(sections).at(-1)).toBe(
      '2 of 5 films are in doubt (1 not-a-chest, 2 low-resolution); they are scored all the same.',
    );
  });

  it('take films without a patient for patients of their own, whatever their ids', async () => {
    const nobody = ['a', 'b'].map((id) => filmOf(id, {}, { patient: null }));
    expect(
      (await evaluateRrgFilms([...nobody, filmOf('c', {}, { patient: 'a' })], QUICK)).counts.patients,
    ).toBe(3);
  });
});
