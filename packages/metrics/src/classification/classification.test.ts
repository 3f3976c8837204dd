import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricsError } from '../errors.js';
import {
  computeAuroc,
  computeAveragePrecision,
  computeBinaryMetrics,
  computeBrierScore,
  computeCalibration,
  computeConfusion,
  computeConfusionMatrix,
  computeLabelConfusion,
  computeLogLoss,
  computeMulticlassMetrics,
  computeMultilabelMetrics,
  computePrecisionRecallCurve,
  computeRocCurve,
  findOperatingPoint,
  scoreConfusion,
  type AveragedScores,
} from './index.js';

const items = fc.array(
  fc.record({ label: fc.boolean(), score: fc.integer({ min: 0, max: 8 }).map((step) => step / 8) }),
  { minLength: 2, maxLength: 40 },
);
const bothClasses = items.filter((list) => new Set(list.map(({ label }) => label)).size === 2);

/** Mean over pairs of one positive and one negative: 1 where the positive is higher, 1/2 on a tie. */
function aurocByPairs(list: readonly { label: boolean; score: number }[]): number {
  const positives = list.filter(({ label }) => label);
  const negatives = list.filter(({ label }) => !label);
  const wins = positives.flatMap((p) =>
    negatives.map((n) => (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0)),
  );
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

const columns = (list: readonly { label: boolean; score: number }[]) =>
  [list.map(({ label }) => label), list.map(({ score }) => score)] as const;

describe('areas', () => {
  it('give the share of pairs in the right order', () => {
    fc.assert(
      fc.property(bothClasses, (list) => {
        expect(computeAuroc(...columns(list))).toBeCloseTo(aurocByPairs(list), 12);
      }),
      { seed: 1 },
    );
  });

  it('do not depend on the order of the items', () => {
    fc.assert(
      fc.property(bothClasses, (list) => {
        const turned = [...list].reverse();
        expect(computeAuroc(...columns(turned))).toBeCloseTo(computeAuroc(...columns(list)), 12);
        expect(computeAveragePrecision(...columns(turned))).toBeCloseTo(
          computeAveragePrecision(...columns(list)),
          12,
        );
      }),
      { seed: 1 },
    );
  });

  it('treat a weight of 2 as the item given twice', () => {
    fc.assert(
      fc.property(bothClasses, (list) => {
        const weights = list.map((_, index) => 1 + (index % 2));
        const repeated = list.flatMap((item, index) => (index % 2 ? [item, item] : [item]));
        expect(computeAuroc(...columns(list), { weights })).toBeCloseTo(
          computeAuroc(...columns(repeated)),
          12,
        );
        const [ours, theirs] = [
          computeBinaryMetrics(...columns(list), { weights }),
          computeBinaryMetrics(...columns(repeated)),
        ];
        for (const name of [
          'averagePrecision',
          'brierScore',
          'logLoss',
          'expectedCalibrationError',
          'accuracy',
        ] as const)
          expect(ours[name]).toBeCloseTo(theirs[name]!, 12);
      }),
      { seed: 1 },
    );
  });

  it('keep the area where collinear points are dropped', () => {
    const area = ({ falsePositiveRate: x, truePositiveRate: y }: ReturnType<typeof computeRocCurve>) =>
      x.slice(1).reduce((sum, right, at) => sum + ((right - x[at]!) * (y[at]! + y[at + 1]!)) / 2, 0);
    fc.assert(
      fc.property(bothClasses, (list) => {
        const whole = computeRocCurve(...columns(list));
        const dropped = computeRocCurve(...columns(list), { dropCollinear: true });
        expect(area(dropped)).toBeCloseTo(area(whole), 12);
        expect(dropped.thresholds.length).toBeLessThanOrEqual(whole.thresholds.length);
      }),
      { seed: 1 },
    );
  });
});

describe('bad input', () => {
  it.each([
    ['lists of unequal length', () => computeAuroc([0, 1], [0.5]), 'INPUT', 'got 2 labels, 1 scores'],
    ['no items', () => computeAuroc([], []), 'INPUT', 'at least one item'],
    [
      'a score that is not a number',
      () => computeAuroc([0, 1, 1], [0.1, NaN, 0.3]),
      'INPUT',
      'finite score for item 1, got NaN',
    ],
    ['a score that is text', () => computeAuroc([0, 1], ['0.1', 0.2] as never), 'INPUT', 'item 0, got "0.1"'],
    ['a label 2', () => computeAuroc([0, 2], [0.1, 0.2]), 'INPUT', 'label 0 or 1 for item 1, got 2'],
    [
      'a missing label',
      () => computeAuroc([0, undefined as never], [0.1, 0.2]),
      'INPUT',
      'item 1, got undefined',
    ],
    [
      'a negative weight',
      () => computeAuroc([0, 1], [0.1, 0.2], { weights: [1, -1] }),
      'INPUT',
      'item 1, got -1',
    ],
    [
      'weights that are all 0',
      () => computeAuroc([0, 1], [0.1, 0.2], { weights: [0, 0] }),
      'INPUT',
      'a weight above 0',
    ],
    ['positive labels only', () => computeAuroc([1, 1], [0.1, 0.2]), 'UNDEFINED', 'only positive ones'],
    ['negative labels only', () => computeRocCurve([0, 0], [0.1, 0.2]), 'UNDEFINED', 'only negative ones'],
    ['no positive label', () => computeAveragePrecision([0, 0], [0.1, 0.2]), 'UNDEFINED', 'a positive item'],
    [
      'no positive label in a curve',
      () => computePrecisionRecallCurve([0], [0.1]),
      'UNDEFINED',
      'a positive item',
    ],
    [
      'a probability above 1',
      () => computeBrierScore([0, 1], [0.1, 1.5]),
      'INPUT',
      '[0, 1] for item 1, got 1.5',
    ],
    ['a logit', () => computeLogLoss([0, 1], [-2, 0.5]), 'INPUT', 'item 0, got -2'],
    ['no bins', () => computeCalibration([0], [0.5], { numBins: 0 }), 'OPTION', 'positive integer, got 0'],
    [
      'a class out of range',
      () => computeConfusionMatrix([0, 3], [0, 1], 3),
      'INPUT',
      'item 1, got "label 3',
    ],
    [
      'a ragged row',
      () => computeMultilabelMetrics([[0, 1], [1]], [[0.1, 0.2], [0.3]]),
      'INPUT',
      'item 1, got 1 and 1',
    ],
    [
      'rows that are no probabilities',
      () =>
        computeMulticlassMetrics(
          [0, 1],
          [
            [0.5, 0.5],
            [2, 1],
          ],
        ),
      'INPUT',
      'item 1',
    ],
    [
      'a target out of reach',
      () => findOperatingPoint([0, 1], [0.9, 0.1], { target: { precision: 0.9 } }),
      'UNDEFINED',
      'a precision of at least 0.9',
    ],
    [
      'a threshold that is no number',
      () => computeBinaryMetrics([0, 1], [0.1, 0.9], { threshold: NaN }),
      'OPTION',
      'threshold to be a number, got NaN',
    ],
    [
      'too few thresholds',
      () => computeMultilabelMetrics([[0, 1]], [[0.1, 0.9]], { threshold: [0.5], names: ['a', 'b'] }),
      'OPTION',
      '(b): expected threshold',
    ],
    [
      'two targets',
      () => findOperatingPoint([0, 1], [0.9, 0.1], { target: { recall: 0.9, precision: 0.9 } as never }),
      'OPTION',
      'expected one of recall',
    ],
    [
      'a target of another kind',
      () => findOperatingPoint([0, 1], [0.9, 0.1], { target: { recall: 95 } }),
      'OPTION',
      '{"recall":95}',
    ],
  ])('is refused: %s', (_, act, code, message) => {
    let caught: unknown;
    try {
      act();
    } catch (error) {
      caught = error;
    }
    expect(MetricsError.isInstance(caught), String(caught)).toBe(true);
    expect((caught as MetricsError).code).toBe(code);
    expect((caught as MetricsError).message).toContain(message);
  });

  it('names the condition of a wrong score', () => {
    expect(() => computeMultilabelMetrics([[0, 1]], [[0.5, NaN]], { names: ['edema', 'fracture'] })).toThrow(
      /\(fracture\): expected a finite score for item 0/,
    );
  });
});

describe('undefined scores', () => {
  it('are undefined with a reason, and only where they must be', () => {
    const { auroc, averagePrecision, recall, precision, specificity, f1, reasons } = computeBinaryMetrics(
      [0, 0],
      [0.1, 0.2],
    );
    expect({ auroc, averagePrecision, recall, precision, f1, specificity }).toEqual({
      auroc: undefined,
      averagePrecision: undefined,
      recall: undefined,
      precision: undefined,
      f1: undefined,
      specificity: 1,
    });
    expect(reasons).toMatchObject({
      auroc: 'no item is positive',
      precision: 'no item is predicted positive',
      recall: 'no item is positive',
      f1: 'no item is positive or predicted positive',
    });
    expect(reasons).not.toHaveProperty('specificity');
  });

  it('do not appear for scores that are no probabilities as numbers', () => {
    const { brierScore, logLoss, auroc, reasons } = computeBinaryMetrics([0, 1], [-4, 3], { threshold: 0 });
    expect([brierScore, logLoss, auroc]).toEqual([undefined, undefined, 1]);
    expect(reasons['brierScore']).toContain('no probabilities');
  });

  it('give f1 0, not undefined, where everything is wrong', () => {
    expect(
      scoreConfusion({ truePositives: 0, falsePositives: 2, falseNegatives: 3, trueNegatives: 0 }).f1,
    ).toBe(0);
  });
});

describe('averages over conditions', () => {
  const labels = [
    [1, 0],
    [0, 0],
    [1, 0],
  ];
  const scores = [
    [0.9, 0.1],
    [0.6, 0.2],
    [0.7, 0.3],
  ];

  it('leave undefined conditions out and say over how many they are', () => {
    const { macro } = computeMultilabelMetrics(labels, scores);
    expect(macro.f1).toBeCloseTo(0.8, 12); // 2 hits, 1 false alarm; the second condition has neither labels nor predictions
    expect(macro.averagedOver).toMatchObject({ f1: 1, auroc: 1 });
  });

  it('count them as 0 or refuse where that is asked for', () => {
    expect(computeMultilabelMetrics(labels, scores, { undefinedParts: 0 }).macro.f1).toBeCloseTo(0.4, 12);
    const strict = computeMultilabelMetrics(labels, scores, { undefinedParts: 'undefined' }).macro;
    expect(strict.f1).toBeUndefined();
    expect(strict.reasons['f1']).toBe('1 of 2 parts are undefined');
    const { weighted } = computeMultilabelMetrics([[0, 0]], [[0.9, 0.1]]);
    expect([weighted.f1, weighted.reasons['f1']]).toEqual([undefined, 'no label is positive']);
  });

  it('count pooled and weighted scores of no positive label as scikit-learn with zero_division', () => {
    const none = (undefinedParts: 0 | 1) =>
      computeMultilabelMetrics([[0, 0]], [[0.1, 0.2]], { undefinedParts });
    const pick = ({ precision, recall, f1, jaccardIndex }: AveragedScores) => [
      precision,
      recall,
      f1,
      jaccardIndex,
    ];
    for (const value of [0, 1] as const) {
      expect(pick(none(value).micro)).toEqual([value, value, value, value]);
      expect(pick(none(value).weighted)).toEqual([value, value, value, value]);
      expect(none(value).micro.auroc).toBeUndefined();
      expect(none(value).micro.reasons).toEqual({ auroc: 'no item is positive' });
    }
    // One false alarm: precision and F1 are 0 whatever the convention; recall has none.
    const alarm = computeMultilabelMetrics([[0, 0]], [[0.9, 0.1]], { undefinedParts: 1 });
    expect(pick(alarm.micro)).toEqual([0, 1, 0, 0]);
    expect(pick(alarm.weighted)).toEqual([0, 1, 0, 0]);
    const skipped = computeMultilabelMetrics([[0, 0]], [[0.1, 0.2]]).micro;
    expect([skipped.recall, skipped.reasons['recall']]).toEqual([undefined, 'no item is positive']);
  });

  it('take one threshold a condition', () => {
    const { subsetAccuracy, hammingLoss } = computeMultilabelMetrics(labels, scores, {
      threshold: [0.65, 0.25],
    });
    expect(subsetAccuracy).toBeCloseTo(2 / 3, 12);
    expect(hammingLoss).toBeCloseTo(1 / 6, 12);
  });
});

describe('calibration', () => {
  it('puts a score on a bin edge into the bin below it', () => {
    const { bins } = computeCalibration([1, 1, 1, 1], [0, 0.3, 0.7, 1]);
    expect(bins.map(({ weight }) => weight)).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 0, 1]);
  });

  it('has error 0 where shares equal scores, and the distance otherwise', () => {
    expect(computeCalibration([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]).expectedError).toBe(0);
    const { expectedError, maximumError } = computeCalibration([0, 1, 1], [0.05, 0.95, 0.75]);
    expect(expectedError).toBeCloseTo(0.35 / 3, 12);
    expect(maximumError).toBeCloseTo(0.25, 12);
  });

  it('charges a wrong certainty a finite loss', () => {
    expect(computeLogLoss([1], [0])).toBeCloseTo(52 * Math.log(2), 9);
  });
});

describe('operating points', () => {
  const labels = [0, 0, 1, 0, 1, 1, 0, 1];
  const scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

  it.each([
    [{ recall: 0.75 }, 0.5],
    [{ recall: 1 }, 0.3],
    [{ specificity: 0.75 }, 0.5],
    [{ specificity: 1 }, 0.8],
    [{ precision: 0.75 }, 0.5],
    ['youden', 0.5], // 0.3 is as good and less strict
    ['f1', 0.3],
  ] as const)('reach %j at %d', (target, threshold) => {
    expect(findOperatingPoint(labels, scores, { target }).threshold).toBe(threshold);
  });

  it('describe what happens at their threshold', () => {
    fc.assert(
      fc.property(bothClasses, (list) => {
        const point = findOperatingPoint(...columns(list), { target: 'youden' });
        const confusion = computeConfusion(...columns(list), { threshold: point.threshold });
        expect(point.confusion).toEqual(confusion);
        expect(point.recall).toBe(scoreConfusion(confusion).recall);
      }),
      { seed: 1 },
    );
  });
});

describe('confusion', () => {
  it('counts labels against predictions', () => {
    expect(computeLabelConfusion([1, 1, 0, 0, 0], [1, 0, 1, 0, 0])).toEqual({
      truePositives: 1,
      falsePositives: 1,
      falseNegatives: 1,
      trueNegatives: 2,
    });
    expect(computeConfusionMatrix([0, 1, 2, 2], [0, 2, 2, 1], 3)).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 1],
    ]);
  });

  it('gives the scores of a screening test worked out by hand', () => {
    const scores = scoreConfusion({
      truePositives: 8,
      falsePositives: 2,
      falseNegatives: 4,
      trueNegatives: 86,
    });
    expect(scores.precision).toBeCloseTo(0.8, 12);
    expect(scores.recall).toBeCloseTo(2 / 3, 12);
    expect(scores.f1).toBeCloseTo(8 / 11, 12);
    expect(scores.jaccardIndex).toBeCloseTo(8 / 14, 12);
    expect(scores.negativePredictiveValue).toBeCloseTo(86 / 90, 12);
    expect(scores.matthewsCorrelation).toBeCloseTo((8 * 86 - 2 * 4) / Math.sqrt(10 * 12 * 88 * 90), 12);
  });
});

describe('edges and ties', () => {
  it('a score at the threshold is positive', () => {
    const confusion = computeConfusion([1, 1, 0, 0], [0.5, 0.4999, 0.5, 0.4999]);
    expect(confusion).toEqual({ truePositives: 1, falseNegatives: 1, falsePositives: 1, trueNegatives: 1 });
    expect(computeConfusion([1, 0], [2, 1], { threshold: 2 })).toMatchObject({
      truePositives: 1,
      trueNegatives: 1,
    });
    expect(computeMultilabelMetrics([[1]], [[0.5]]).subsetAccuracy).toBe(1);
  });

  it('a score at the end of a bin is in it; 0 is in the first and 1 in the last', () => {
    const scores = [0, 0.1, 0.1 + 1e-12, 0.2, 0.3, 0.7, 0.9, 1];
    const { bins } = computeCalibration(
      scores.map(() => 1),
      scores,
    );
    expect(bins.map(({ weight }) => weight)).toEqual([2, 2, 1, 0, 0, 0, 1, 0, 1, 1]);
    expect(bins.map(({ low }) => low)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(bins[0]).toMatchObject({ high: 0.1, meanScore: 0.05, positiveShare: 1 });
    expect(bins[3]).toMatchObject({ meanScore: undefined, positiveShare: undefined });
  });

  it('no rounding puts a score into a bin whose ends do not hold it', () => {
    for (let numBins = 1; numBins <= 60; numBins++)
      for (let edge = 0; edge <= numBins; edge++)
        for (const score of [1 - 2 ** -53, 1, 1 + 2 ** -52, 1 - 2 ** -52].map(
          (near) => (edge / numBins) * near,
        )) {
          if (score > 1) continue;
          const bin = computeCalibration([1], [score], { numBins }).bins.find(({ weight }) => weight > 0)!;
          expect(score <= bin.high && (score > bin.low || (score === 0 && bin.low === 0))).toBe(true);
        }
  });

  it('the errors of calibration weigh bins by their items, and the largest is the largest', () => {
    // Bin 1: two items of 0.05, one positive: off by 0.45. Bin 10: one of 0.95, positive: off by 0.05.
    const calibration = computeCalibration([1, 0, 1], [0.05, 0.05, 0.95]);
    expect(calibration.expectedError).toBeCloseTo((2 * 0.45 + 0.05) / 3, 12);
    expect(calibration.maximumError).toBeCloseTo(0.45, 12);
    const weighted = computeCalibration([1, 0, 1], [0.05, 0.05, 0.95], { weights: [1, 0, 2] });
    expect(weighted.expectedError).toBeCloseTo((0.95 + 2 * 0.05) / 3, 12);
  });

  it('equal scores have no order: half of their area, and one point of the curve', () => {
    expect(computeAuroc([1, 0], [0.5, 0.5])).toBe(0.5);
    expect(computeAuroc([0, 1, 0, 1], [0.2, 0.2, 0.1, 0.9])).toBe((1 + 1 + 0.5 + 1) / 4);
    expect(computeAveragePrecision([0, 1, 1], [0.5, 0.5, 0.1])).toBeCloseTo(
      0.5 * (1 / 2) + 0.5 * (2 / 3),
      14,
    );
    const { thresholds, truePositiveRate, falsePositiveRate } = computeRocCurve(
      [0, 1, 0, 1],
      [0.2, 0.2, 0.1, 0.9],
    );
    expect(thresholds).toEqual([Infinity, 0.9, 0.2, 0.1]);
    expect(truePositiveRate).toEqual([0, 0.5, 1, 1]);
    expect(falsePositiveRate).toEqual([0, 0, 0.5, 1]);
    const curve = computePrecisionRecallCurve([0, 1, 0, 1], [0.2, 0.2, 0.1, 0.9]);
    expect(curve.thresholds).toEqual([0.1, 0.2, 0.9]);
    expect(curve.precision).toEqual([0.5, 2 / 3, 1, 1]);
    expect(curve.recall).toEqual([1, 1, 0.5, 0]);
    expect(computeAuroc([0, 1], [-0, 0])).toBe(0.5);
  });

  it('an operating point is the strictest of equally good ones and may be reached exactly', () => {
    const labels = [1, 0, 1, 0];
    const scores = [0.9, 0.8, 0.7, 0.6];
    // Youden: 0.5 at 0.9, 0 at 0.8, 0.5 at 0.7.
    expect(findOperatingPoint(labels, scores, { target: 'youden' }).threshold).toBe(0.9);
    expect(findOperatingPoint(labels, scores, { target: { recall: 0.5 } }).threshold).toBe(0.9);
    expect(findOperatingPoint(labels, scores, { target: { recall: 0.51 } }).threshold).toBe(0.7);
    expect(findOperatingPoint(labels, scores, { target: { precision: 2 / 3 } }).threshold).toBe(0.7);
    expect(() => findOperatingPoint(labels, scores, { target: { toString: 0.5 } as never })).toThrow(
      /expected one of/,
    );
  });

  it('the class of the highest probability is predicted, the first on a tie', () => {
    expect(
      computeMulticlassMetrics(
        [0, 1, 1],
        [
          [0.5, 0.5],
          [0.5, 0.5],
          [0.4, 0.6],
        ],
      ).confusion,
    ).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });
});
