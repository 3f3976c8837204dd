import { createRandom } from '@crrg/core';
import { computeDetectionPrecision } from '@crrg/metrics';
import { describe, expect, it } from 'vitest';
import { box, filmOf, type RegionOfFilm } from './__fixtures__/rrg-films.js';
import { evaluateDetectionPrecision } from './detection-precision.js';
import { computeIntervals } from './intervals.js';
import { boxesOf } from './rrg/film.js';

const random = createRandom(11);
const REGIONS = ['right lung', 'left lung', 'spine'] as const;

/** A region that may be annotated, and found more or less well. */
function randomRegion(): RegionOfFilm {
  const shift = 40 * random.next() ** 2;
  return {
    ...(random.next() < 0.9 && { box: box(shift, 0, 60 + shift, 50), score: random.next() }),
    ...(random.next() < 0.8 && { reference: { box: box(0, 0, 60, 50) } }),
  };
}

const films = Array.from({ length: 24 }, (_, index) => {
  const film = filmOf(`f${index}`, Object.fromEntries(REGIONS.map((name) => [name, randomRegion()])));
  return { report: film, boxes: boxesOf(film), patient: `p${index % 9}` };
});

/** The same by COCO's evaluation, which knows nothing of patients. */
function cocoOf(sample: typeof films) {
  return computeDetectionPrecision(
    sample.map(({ report, boxes }) => {
      const annotated = report.regions.filter(({ name }) => boxes[name]);
      return {
        annotations: annotated.map(({ name }) => ({ ...boxes[name]!, category: name })),
        detections: annotated.flatMap(({ name, box: found, detectionScore: score }) =>
          found ? [{ ...found, score, category: name }] : [],
        ),
      };
    }),
  );
}

describe('average precision of regions', () => {
  it('is that of COCO over the annotated regions, in all and by region', async () => {
    const { scores, regions } = (await evaluateDetectionPrecision(films, { numResamples: 2 }))!;
    const coco = cocoOf(films);
    expect(scores.ap!.estimate).toBeCloseTo(coco.meanAveragePrecision!, 12);
    expect(scores.ap50!.estimate).toBeCloseTo(coco.averagePrecision[0]!, 12);
    expect(scores.ap75!.estimate).toBeCloseTo(coco.averagePrecision[5]!, 12);
    expect(scores.ar!.estimate).toBeCloseTo(coco.meanRecall!, 12);
    for (const { category, averagePrecision } of coco.categories) {
      const mean = averagePrecision.reduce((sum, value) => sum + value, 0) / averagePrecision.length;
      expect(regions[category as (typeof REGIONS)[number]]).toBeCloseTo(mean, 12);
    }
  });

  it('has the intervals that evaluating every sample of patients anew gives', async () => {
    const options = { numResamples: 40, seed: 3 };
    const slow = computeIntervals(
      films,
      { ap: (sample) => cocoOf([...sample]).meanAveragePrecision },
      options,
    );
    const { ap } = (await evaluateDetectionPrecision(films, options))!.scores;
    expect(ap!.low).toBeCloseTo(slow.ap!.low, 12);
    expect(ap!.high).toBeCloseTo(slow.ap!.high, 12);
    expect(ap!.low).toBeLessThan(ap!.high);
  });

  it('is undefined where nothing is annotated', async () => {
    expect(await evaluateDetectionPrecision([{ report: filmOf('x', {}), boxes: {} }])).toBeUndefined();
  });
});
