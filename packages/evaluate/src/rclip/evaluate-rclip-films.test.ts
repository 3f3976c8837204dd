import { computeBinaryMetrics } from '@crrg/metrics';
import { float32 } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { evaluateRclipFilms } from './evaluate-rclip-films.js';
import { RCLIP_FILM_SCHEMA, type RclipFilm } from './film.js';
import { evaluateRetrieval } from './retrieval-scores.js';
import { decodeVector, encodeVector } from './vectors.js';

const QUICK = { numResamples: 20 };

const film = (
  id: string,
  is: 0 | 1 | undefined,
  probability: number,
  fields: Partial<RclipFilm> = {},
): RclipFilm => ({
  schema: RCLIP_FILM_SCHEMA,
  ...{ id, study: id, image: `${id}.png`, patient: id, view: null, doubts: [] },
  labels: is === undefined ? {} : { Pneumonia: is },
  probe: { Pneumonia: { probability, threshold: 0.3, positive: probability > 0.3 } },
  zeroShot: { Pneumonia: 1 - probability },
  ...fields,
});

const films = [
  film('a', 1, 0.9),
  film('b', 1, 0.4),
  film('c', 0, 0.35),
  film('d', 0, 0.1),
  film('e', 0, 0.2),
  film('f', undefined, 0.99),
];

describe('a contrastive model', () => {
  it('has a probe that is scored on labelled films, at its threshold and at 0.5', () => {
    const { probe, counts } = evaluateRclipFilms(films, QUICK);
    expect(counts).toMatchObject({ films: 6, labelled: 5, withText: 0 });
    const { scores, atHalf, threshold, numFilms, numPositive, majorityAccuracy } = probe!['Pneumonia']!;
    expect([threshold, numFilms, numPositive, majorityAccuracy]).toEqual([0.3, 5, 2, 0.6]);
    const labels = [1, 1, 0, 0, 0];
    const probabilities = [0.9, 0.4, 0.35, 0.1, 0.2];
    const own = computeBinaryMetrics(labels, probabilities, { threshold: 0.3 });
    const half = computeBinaryMetrics(labels, probabilities);
    for (const name of [
      'auroc',
      'averagePrecision',
      'accuracy',
      'balancedAccuracy',
      'f1',
      'precision',
    ] as const) {
      expect(scores[name]!.estimate).toBeCloseTo(own[name]!, 12);
      expect(atHalf[name]!.estimate).toBeCloseTo(half[name]!, 12);
    }
  });

  it('decides by the better prompt in zero-shot classification', () => {
    const { scores } = evaluateRclipFilms(films, QUICK).zeroShot!['Pneumonia']!;
    expect(scores.auroc!.estimate).toBe(0);
    expect(scores.accuracy!.estimate).toBe(1 / 5);
  });

  it('has no section that model or studies say nothing of', () => {
    const sections = evaluateRclipFilms(
      [film('a', undefined, 0.5, { probe: undefined, zeroShot: undefined })],
      QUICK,
    );
    expect([sections.probe, sections.zeroShot, sections.retrieval]).toEqual([null, null, null]);
  });
});

describe('zero-shot classification among classes', () => {
  const shows = (
    id: string,
    label: string,
    classes: Record<string, number>,
    more: Record<string, 0 | 1> = {},
  ) => film(id, undefined, 0.5, { labels: { [label]: 1, ...more }, classes });

  it('calls a film the class whose prompts are nearest, and looks at films with exactly one class', () => {
    const { classes } = evaluateRclipFilms(
      [
        shows('a', 'Edema', { Edema: 0.3, Atelectasis: 0.2, Cardiomegaly: 0.1 }),
        shows('b', 'Edema', { Edema: -0.3, Atelectasis: -0.2, Cardiomegaly: -0.9 }, { Atelectasis: 0 }),
        shows('c', 'Atelectasis', { Edema: 0.1, Atelectasis: 0.2, Cardiomegaly: 0 }),
        shows('d', 'Edema', { Edema: 0.3, Atelectasis: 0.2, Cardiomegaly: 0.1 }, { Cardiomegaly: 1 }),
        shows('e', 'Fracture', { Edema: 0.3, Atelectasis: 0.2, Cardiomegaly: 0.1 }),
      ],
      QUICK,
    );
    expect(classes).toMatchObject({ numFilms: 3, classes: ['Edema', 'Atelectasis', 'Cardiomegaly'] });
    expect(classes!.confusion).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(classes!.scores.accuracy!.estimate).toBe(2 / 3);
    expect(classes!.scores.macroF1!.estimate).toBeCloseTo((2 / 3 + 2 / 3 + 0) / 3, 12);
  });
});

describe('retrieval in both directions', () => {
  const rows = (...values: readonly (readonly number[])[]) =>
    float32([values.length, values[0]!.length], values.flat());

  it('ranks as counted by hand, a text that films share finding any of them', () => {
    const images = rows([1, 0], [0, 1], [0.9, 0.5], [-1, 0]);
    const texts = rows([1, 0], [0.6, 0.8], [0.6, 0.8], [1, 0.1]);
    const { imageToText, textToImage } = evaluateRetrieval(
      { images, texts, keys: ['right', 'both', 'both', 'lost'], patients: ['p', 'q', 'r', 's'] },
      QUICK,
    );
    // Image 1: cosines 0, .8, .1: rank 1. Image 2: right .87, both .91, lost .92: rank 2. Image 3: -1, -.6, -.995: rank 2.
    expect(imageToText).toMatchObject({ numQueries: 4, numCandidates: 3 });
    expect(imageToText.scores.recallAt1!.estimate).toBe(2 / 4);
    expect(imageToText.scores.meanRank!.estimate).toBe((1 + 1 + 2 + 2) / 4);
    // "both" finds image 2 before image 1; "lost" finds its own last.
    expect(textToImage).toMatchObject({ numQueries: 3, numCandidates: 4 });
    expect(textToImage.scores.meanRank!.estimate).toBe((1 + 1 + 4) / 3);
    expect(textToImage.scores.recallAt5!.estimate).toBe(1);
  });

  it('reads the vectors of a line back bit by bit', () => {
    const values = Float32Array.of(0.1, -3.5e-8, 7, 0);
    expect(decodeVector(encodeVector(values))).toEqual(values);
  });
});
