import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  computeAbnormalityScores,
  computeDetectionPrecision,
  computeIou,
  computeRegionOverlap,
  computeSelectionScores,
  type Box,
} from './index.js';

const box = (x1: number, y1: number, x2: number, y2: number): Box => ({ x1, y1, x2, y2 });
const anyBox = fc
  .tuple(
    ...([0, 0, 1, 1].map((low) => fc.integer({ min: low, max: 30 })) as [
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
    ]),
  )
  .map(([x, y, w, h]) => box(x, y, x + w, y + h));

describe('intersection over union', () => {
  it.each([
    [box(0, 0, 2, 2), box(1, 0, 3, 2), 1 / 3],
    [box(0, 0, 2, 2), box(0, 0, 2, 2), 1],
    [box(0, 0, 2, 2), box(2, 0, 4, 2), 0],
    [box(0, 0, 4, 4), box(1, 1, 3, 3), 1 / 4],
    [box(1, 1, 1, 1), box(1, 1, 1, 1), 0],
  ])('of %j and %j is %d', (a, b, expected) => {
    expect(computeIou(a, b)).toBeCloseTo(expected, 14);
  });

  it('counts the pixels of whole boxes', () => {
    const pixels = ({ x1, y1, x2, y2 }: Box) => {
      const all = new Set<number>();
      for (let x = x1; x < x2; x++) for (let y = y1; y < y2; y++) all.add(100 * x + y);
      return all;
    };
    fc.assert(
      fc.property(anyBox, anyBox, (a, b) => {
        const [inA, inB] = [pixels(a), pixels(b)];
        const shared = [...inA].filter((pixel) => inB.has(pixel)).length;
        expect(computeIou(a, b)).toBeCloseTo(shared / (inA.size + inB.size - shared), 12);
      }),
      { seed: 1 },
    );
  });

  it('refuses corners that are no numbers', () => {
    expect(() => computeIou(box(0, 0, NaN, 1), box(0, 0, 1, 1))).toThrow(/finite corners for the first box/);
  });
});

describe('overlap of regions', () => {
  const samples = [
    {
      boxes: [box(0, 0, 2, 2), box(0, 0, 1, 1), box(5, 5, 6, 6)],
      isDetected: [true, false, true],
      expected: [box(1, 0, 3, 2), box(0, 0, 1, 1), undefined],
    },
    {
      boxes: [box(0, 0, 4, 4), box(0, 0, 3, 3), box(0, 0, 1, 1)],
      isDetected: [1, 1, 0],
      expected: [box(0, 0, 4, 4), box(0, 0, 3, 3), undefined],
    },
  ];

  it('is a ratio of sums; undetected boxes stay in the union, regions without annotation in the count', () => {
    const scores = computeRegionOverlap(samples);
    // Region 0: (2 + 16) / (6 + 16). Region 1: (0 + 9) / (1 + 1 + 9).
    expect(scores.regionIou[0]).toBeCloseTo(18 / 22, 14);
    expect(scores.regionIou[1]).toBeCloseTo(9 / 11, 14);
    expect(scores.regionIou[2]).toBeUndefined();
    expect(scores.averageIou).toBeCloseTo(27 / 33, 14);
    expect(scores.regionDetections).toEqual([2, 1, 1]);
    expect(scores.detectedRegionsPerImage).toBe(2);
  });

  it('refuses ragged samples by item', () => {
    expect(() => computeRegionOverlap([samples[0]!, { ...samples[1]!, isDetected: [1] }])).toThrow(
      /for item 1, got 3, 1, 3/,
    );
    expect(() => computeRegionOverlap([])).toThrow(/at least one image/);
  });
});

describe('average precision of detections', () => {
  const annotations = [0, 10, 20, 30].map((x) => ({ ...box(x, 0, x + 4, 4), category: 'nodule' }));
  const found = (x: number, score: number) => ({ ...box(x, 0, x + 4, 4), score, category: 'nodule' });

  it('is interpolated at 101 recalls', () => {
    // hit, miss, hit: precision 1 to recall 0.25 (26 points 0..0.25), then 2/3 to 0.5 (25 points), then 0.
    const detections = [found(0, 0.9), found(50, 0.8), found(10, 0.7)];
    const { averagePrecision, categories } = computeDetectionPrecision([{ detections, annotations }], {
      iouThresholds: [0.5],
    });
    expect(averagePrecision[0]).toBeCloseTo((26 + (25 * 2) / 3) / 101, 14);
    expect(categories[0]).toMatchObject({ category: 'nodule', numAnnotations: 4, recall: [0.5] });
  });

  it("takes the recalls as COCO's program computes them: 57 of 100 do not reach the 58th", () => {
    const places = Array.from({ length: 100 }, (_, at) => at * 10);
    const all = places.map((x) => ({ ...box(x, 0, x + 4, 4), category: 'nodule' }));
    // 57 hits, a miss, a hit: precision 1, then 58/59.
    const order = [...places.slice(0, 57), 5000, places[57]!];
    const detections = order.map((x, at) => found(x, 1 - at / 100));
    const result = computeDetectionPrecision([{ detections, annotations: all }], { iouThresholds: [0.5] });
    expect(result.averagePrecision[0]).toBeCloseTo((57 + (2 * 58) / 59) / 101, 12);
  });

  it('counts a second box on the same object as a miss', () => {
    const detections = [found(0, 0.9), found(0, 0.8), found(10, 0.7), found(20, 0.6), found(30, 0.5)];
    const { averagePrecision } = computeDetectionPrecision([{ detections, annotations }], {
      iouThresholds: [0.5],
    });
    // Precision 1 to recall 0.25, then 4/5, the best at any higher recall.
    expect(averagePrecision[0]).toBeCloseTo((26 + 75 * 0.8) / 101, 14);
  });

  it('falls with the threshold as the boxes are off', () => {
    // Shifted by 1 of 4: IoU 3/5.
    const detections = annotations.map((each, at) => ({ ...found(each.x1 + 1, 0.9 - at / 10) }));
    const { iouThresholds, averagePrecision, meanAveragePrecision } = computeDetectionPrecision([
      { detections, annotations },
    ]);
    expect(iouThresholds).toHaveLength(10);
    expect(averagePrecision.slice(0, 3)).toEqual([1, 1, 1]);
    expect(averagePrecision.slice(3)).toEqual(new Array(7).fill(0));
    expect(meanAveragePrecision).toBeCloseTo(0.3, 14);
  });

  it('takes the best precision at a recall or beyond, to the far edge of the curve', () => {
    // Hits at ranks 2 and 4 of 4 annotations: precisions 0, 1/2, 1/3, 2/4. Recall 1/2 is reached with precision 1/2, more never.
    const detections = [found(50, 0.9), found(0, 0.8), found(60, 0.7), found(10, 0.6), found(70, 0.5)];
    const { averagePrecision, categories } = computeDetectionPrecision([{ detections, annotations }], {
      iouThresholds: [0.5],
    });
    expect(averagePrecision[0]).toBeCloseTo((51 * 0.5) / 101, 14);
    expect(categories[0]!.recall).toEqual([0.5]);
    // All found: the last recall, 1, counts too.
    const all = computeDetectionPrecision(
      [
        {
          detections: [found(50, 0.99), ...[0, 10, 20, 30].map((x, at) => found(x, 0.9 - at / 10))],
          annotations,
        },
      ],
      { iouThresholds: [0.5] },
    );
    expect(all.averagePrecision[0]).toBeCloseTo(0.8, 14);
  });

  it('matches at the threshold itself, and a whole overlap at the threshold 1', () => {
    // Shifted by 1 of 4: IoU 3/5, in floating point as well.
    const images = [{ detections: [found(1, 0.9)], annotations: [annotations[0]!] }];
    const at = (threshold: number) =>
      computeDetectionPrecision(images, { iouThresholds: [threshold] }).meanAveragePrecision;
    expect([at(0.6), at(0.6 + 1e-9)]).toEqual([1, 0]);
    const whole = [{ detections: [found(0, 0.9)], annotations: [annotations[0]!] }];
    expect(computeDetectionPrecision(whole, { iouThresholds: [1] }).meanAveragePrecision).toBe(1);
    // As in COCO's evaluation, 1e-10 less is enough for a whole overlap.
    const near = [{ detections: [found(1e-11, 0.9)], annotations: [annotations[0]!] }];
    expect(computeDetectionPrecision(near, { iouThresholds: [1] }).meanAveragePrecision).toBe(1);
    const off = [{ detections: [found(1e-9, 0.9)], annotations: [annotations[0]!] }];
    expect(computeDetectionPrecision(off, { iouThresholds: [1] }).meanAveragePrecision).toBe(0);
  });

  it('gives an annotation to the best detection, and the later of equal overlaps to a detection', () => {
    const pair = [annotations[0]!, { ...annotations[0]!, x1: 2, x2: 6 }];
    // The first lies between both, IoU 3/5 with each; the second covers the first annotation alone, 1, and the other 1/3.
    const detections = [found(1, 0.9), found(0, 0.8)];
    const { averagePrecision } = computeDetectionPrecision([{ detections, annotations: pair }], {
      iouThresholds: [0.5],
    });
    expect(averagePrecision[0]).toBe(1);
  });

  it('keeps equal scores in the order of images', () => {
    const images = [
      { detections: [found(50, 0.5)], annotations: [annotations[0]!] },
      { detections: [found(0, 0.5)], annotations: [annotations[0]!] },
    ];
    const turned = [...images].reverse();
    const options = { iouThresholds: [0.5] };
    // A miss first: precision 1/2 to recall 1/2. A hit first: precision 1.
    expect(computeDetectionPrecision(images, options).meanAveragePrecision).toBeCloseTo((51 * 0.5) / 101, 14);
    expect(computeDetectionPrecision(turned, options).meanAveragePrecision).toBeCloseTo(51 / 101, 14);
  });

  it('averages over annotated categories only and keeps images apart', () => {
    const other = { ...box(0, 0, 4, 4), category: 'mass' };
    const images = [
      {
        detections: [found(0, 0.9), { ...other, category: 'device', score: 0.99 }],
        annotations: [annotations[0]!],
      },
      { detections: [found(0, 0.95)], annotations: [other] },
    ];
    const { categories, meanAveragePrecision } = computeDetectionPrecision(images, { iouThresholds: [0.5] });
    expect(categories.map(({ category }) => category)).toEqual(['nodule', 'mass']);
    // The nodule is found second, after a false one in the other image: precision 1/2; the mass is not found.
    expect(categories.map((each) => each.averagePrecision[0])).toEqual([0.5, 0]);
    expect(meanAveragePrecision).toBe(0.25);
  });

  it('considers the best detections of an image only', () => {
    const detections = [found(50, 0.9), found(0, 0.5)];
    const scores = computeDetectionPrecision([{ detections, annotations: [annotations[0]!] }], {
      iouThresholds: [0.5],
      maxDetections: 1,
    });
    expect(scores.meanAveragePrecision).toBe(0);
  });

  it('is undefined where nothing is annotated', () => {
    const scores = computeDetectionPrecision([{ detections: [found(0, 1)], annotations: [] }]);
    expect(scores.meanAveragePrecision).toBeUndefined();
    expect(scores.averagePrecision).toEqual(new Array(10).fill(undefined));
  });

  it('refuses wrong scores and options', () => {
    const images = [{ detections: [found(0, NaN)], annotations }];
    expect(() => computeDetectionPrecision(images)).toThrow(
      /finite score for detection 0 of item 0, got NaN/,
    );
    expect(() => computeDetectionPrecision([], {})).toThrow(/at least one image/);
    expect(() =>
      computeDetectionPrecision([{ detections: [], annotations }], { iouThresholds: [50] }),
    ).toThrow(/\(0, 1\], got \[50\]/);
  });
});

describe('overlap of regions, by hand', () => {
  it('divides summed intersections by summed unions', () => {
    const { regionIou } = computeRegionOverlap([
      { boxes: [box(0, 0, 10, 10)], isDetected: [true], expected: [box(0, 0, 10, 10)] }, // 100 / 100
      { boxes: [box(0, 0, 1, 1)], isDetected: [true], expected: [box(0, 0, 1, 4)] }, // 1 / 4
    ]);
    expect(regionIou[0]).toBeCloseTo(101 / 104, 12);
  });

  it('lets the arbitrary box of an undetected region count in the union only', () => {
    const two = [box(0, 0, 2, 2), box(0, 0, 2, 2)];
    const scores = computeRegionOverlap([{ boxes: two, isDetected: [false, true], expected: two }]);
    expect(scores.regionIou).toEqual([0, 1]);
    expect(scores.averageIou).toBeCloseTo(4 / 12, 12);
    expect(scores.detectedRegionsPerImage).toBe(1);
  });

  it('leaves a region without annotation out of the sums, not out of the count', () => {
    const two = [box(0, 0, 2, 2), box(0, 0, 2, 2)];
    const expected = [undefined, box(0, 0, 2, 2)];
    const scores = computeRegionOverlap([{ boxes: two, isDetected: [true, true], expected }]);
    expect(scores.regionIou).toEqual([undefined, 1]);
    expect(scores).toMatchObject({ averageIou: 1, detectedRegionsPerImage: 2, numImages: 1 });
  });
});

describe('selection of regions', () => {
  it('pools the counts of three subsets, as computed by hand', () => {
    const bits = (text: string) => Uint8Array.from(text, Number);
    const { all, normal, abnormal } = computeSelectionScores({
      isSelected: bits('11110000'),
      hasPhrase: bits('11001100'),
      isAbnormal: bits('10001000'),
    });
    expect(all).toMatchObject({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(normal.precision).toBeCloseTo(1 / 3, 12);
    expect(normal.recall).toBe(0.5);
    expect(abnormal).toMatchObject({ precision: 1, recall: 0.5, f1: (2 * 0.5) / 1.5 });
  });

  const outcomes = {
    isSelected: [1, 1, 0, 1, 0, 0],
    hasPhrase: [1, 0, 1, 1, 1, 0],
    isAbnormal: [1, 0, 1, 0, 0, 0],
  };

  it('is scored over all, normal and abnormal regions', () => {
    const { all, normal, abnormal } = computeSelectionScores(outcomes);
    expect([all.precision, all.recall, all.f1]).toEqual([2 / 3, 2 / 4, 4 / 7]);
    expect([normal.precision, normal.recall]).toEqual([1 / 2, 1 / 2]);
    expect([abnormal.precision, abnormal.recall]).toEqual([1, 1 / 2]);
  });

  it('is undefined, with a reason, for an empty subset', () => {
    const { abnormal } = computeSelectionScores({ ...outcomes, isAbnormal: [0, 0, 0, 0, 0, 0] });
    expect(abnormal.f1).toBeUndefined();
    expect(abnormal.reasons).toEqual({
      precision: 'no item is predicted positive',
      recall: 'no item is positive',
      f1: 'no item is positive or predicted positive',
    });
  });

  it('scores abnormality over detected regions only', () => {
    const { precision, recall } = computeAbnormalityScores({
      isPredictedAbnormal: [1, 1, 0, 1],
      isAbnormal: [1, 0, 1, 1],
      isDetected: [1, 1, 1, 0],
    });
    expect([precision, recall]).toEqual([1 / 2, 1 / 2]);
  });

  it('refuses unequal lengths and other values', () => {
    expect(() => computeSelectionScores({ ...outcomes, hasPhrase: [1] })).toThrow(
      /6 isSelected, 1 hasPhrase/,
    );
    expect(() => computeSelectionScores({ ...outcomes, isAbnormal: [0, 0, 0, 0, 0, 2] })).toThrow(
      /\(isAbnormal\): expected a label 0 or 1 for item 5, got 2/,
    );
  });
});
