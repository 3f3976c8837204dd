import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeAuroc, computeBinaryMetrics } from '../classification/index.js';
import { MetricsError } from '../errors.js';
import {
  compareSystems,
  compareSystemsAsync,
  computeBinaryIntervals,
  computeBinaryIntervalsAsync,
  computeBootstrapInterval,
  computeBootstrapIntervalAsync,
  computeRandomisationTest,
} from './index.js';
import { normalProbability, normalQuantile } from './normal.js';
import { createRandomSource } from './random.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanOf = (values: readonly number[]) => (indices: Uint32Array) =>
  mean(Array.from(indices, (at) => values[at]!));

/** Exponential values with mean 1. */
function skewedValues(count: number, seed: number): number[] {
  const random = createRandomSource(seed);
  return Array.from({ length: count }, () => -Math.log(1 - random.next()));
}

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [-1.959963984540054, 0.025],
    [-3, 0.00134989803163009],
    [-6, 9.86587645037698e-10],
    [6, 1 - 9.86587645037698e-10],
  ])('has the tabled probability below %d', (x, p) => {
    expect(normalProbability(x)).toBeCloseTo(p, 14);
  });

  it('is inverted by its quantile', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-8, max: 1 - 1e-8, noNaN: true }), (p) => {
        expect(Math.abs(normalProbability(normalQuantile(p)) - p)).toBeLessThan(1e-14);
      }),
      { seed: 1 },
    );
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  });
});

describe('the random source', () => {
  it('depends on the seed alone, and near seeds differ', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandomSource(seed).next);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('draws every whole number about equally often', () => {
    const random = createRandomSource(3);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw++) counts[random.integer(10)]! += 1;
    // Chi-square with 9 degrees of freedom exceeds 27.9 with probability 0.001.
    expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });
});

describe('bootstrap intervals', () => {
  const values = skewedValues(200, 1);

  it('have the standard error of a mean', () => {
    const { estimate, standardError } = computeBootstrapInterval(values.length, meanOf(values), {
      numResamples: 4000,
    });
    const spread = Math.sqrt(mean(values.map((value) => (value - estimate) ** 2)) / values.length);
    expect(estimate).toBeCloseTo(mean(values), 12);
    // The error of a standard deviation of 4000 samples is about 1.1 %.
    expect(standardError / spread).toBeGreaterThan(0.95);
    expect(standardError / spread).toBeLessThan(1.05);
  });

  it('are the same for the same seed only', () => {
    const of = (seed: number) => computeBootstrapInterval(values.length, meanOf(values), { seed });
    expect(of(5)).toEqual(of(5));
    expect(of(5).low).not.toBe(of(6).low);
  });

  it('give BCa the skew that the percentile interval lacks', () => {
    const plain = computeBootstrapInterval(values.length, meanOf(values));
    const corrected = computeBootstrapInterval(values.length, meanOf(values), { method: 'bca' });
    expect(corrected.high).toBeGreaterThan(plain.high);
    expect(corrected.low).toBeGreaterThan(plain.low);
  });

  it.each(['percentile', 'bca'] as const)('hold the truth about as often as they say: %s', (method) => {
    let covered = 0;
    const numStudies = 150;
    for (let study = 0; study < numStudies; study++) {
      const sample = skewedValues(60, 1000 + study);
      const { low, high } = computeBootstrapInterval(60, meanOf(sample), {
        method,
        level: 0.9,
        numResamples: 300,
        seed: study,
      });
      if (low <= 1 && 1 <= high) covered += 1;
    }
    // Nominal 90 %, known to fall a little short for 60 skewed values; the standard error of this share is 2.4 %.
    expect(covered / numStudies).toBeGreaterThan(0.8);
    expect(covered / numStudies).toBeLessThan(0.97);
  });

  it('count the samples that leave the score undefined', () => {
    const labels = [1, 0, 0, 0];
    const statistic = (indices: Uint32Array) => {
      const positives = indices.filter((at) => labels[at] === 1).length;
      return positives > 0 ? positives : undefined;
    };
    const { numUndefined } = computeBootstrapInterval(4, statistic);
    expect(numUndefined / 1000).toBeCloseTo(0.75 ** 4, 1);
    expect(computeBootstrapInterval(4, statistic, { strata: labels }).numUndefined).toBe(0);
  });

  it('draw as many from each stratum as there are', () => {
    const strata = ['a', 'b', 'a', 'b', 'b'];
    const counts = new Set<number>();
    computeBootstrapInterval(5, (at) => (counts.add(at.filter((index) => strata[index] === 'a').length), 1), {
      strata,
    });
    expect([...counts]).toEqual([2]);
  });

  it('shrink to a point where every item is the same', () => {
    const { low, high } = computeBootstrapInterval(9, meanOf(new Array<number>(9).fill(3)), {
      method: 'bca',
    });
    expect([low, high]).toEqual([3, 3]);
  });

  it.each([
    [() => computeBootstrapInterval(0, () => 1), 'INPUT', 'at least one item'],
    [() => computeBootstrapInterval(3, () => 1, { level: 95 }), 'OPTION', 'level in (0, 1), got 95'],
    [() => computeBootstrapInterval(3, () => 1, { numResamples: 1 }), 'OPTION', 'at least 2, got 1'],
    [() => computeBootstrapInterval(3, () => 1, { strata: [1] }), 'OPTION', 'each of 3 items, got 1'],
    [() => computeBootstrapInterval(3, () => undefined), 'UNDEFINED', 'got undefined'],
    [() => computeBootstrapInterval(3, () => NaN), 'UNDEFINED', 'got NaN'],
  ] as const)('refuse wrong input %#', (act, code, message) => {
    expect(act).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(act).toThrow(MetricsError);
  });
});

describe('intervals of a classifier', () => {
  const random = createRandomSource(9);
  const labels = Array.from({ length: 300 }, () => Number(random.next() < 0.3));
  const scores = labels.map((label) => Math.min(1, 0.6 * random.next() + 0.4 * label * random.next()));

  it('are those of each score alone', () => {
    const { auroc, brierScore } = computeBinaryIntervals(labels, scores, { seed: 3, numResamples: 200 });
    const pick = (indices: Uint32Array) =>
      [Array.from(indices, (at) => labels[at]!), Array.from(indices, (at) => scores[at]!)] as const;
    const alone = computeBootstrapInterval(300, (indices) => computeAuroc(...pick(indices)), {
      seed: 3,
      numResamples: 200,
    });
    expect(auroc).toEqual(alone);
    expect(auroc!.low).toBeLessThan(auroc!.estimate);
    expect(brierScore!.estimate).toBe(computeBinaryMetrics(labels, scores).brierScore);
  });

  it('leave out what is undefined', () => {
    const intervals = computeBinaryIntervals([1, 1, 1], [0.2, 0.6, 0.7], { numResamples: 50 });
    expect(intervals).not.toHaveProperty('auroc');
    expect(intervals.recall!.estimate).toBeCloseTo(2 / 3, 14);
  });

  it('have both classes in every sample where they are stratified', () => {
    const few = [1, 0, 0, 0, 0];
    const values = [0.9, 0.1, 0.2, 0.3, 0.4];
    expect(computeBinaryIntervals(few, values, { isStratified: true }).auroc!.numUndefined).toBe(0);
    expect(computeBinaryIntervals(few, values).auroc!.numUndefined).toBeGreaterThan(200);
  });
});

describe('paired randomisation', () => {
  it('is exact for few items', () => {
    // Gaps 1, 2, 3: of the 8 sums of signs only +++ and --- reach 6.
    expect(compareSystems([1, 2, 3], [0, 0, 0])).toEqual({
      difference: 2,
      pValue: 0.25,
      isExact: true,
      numTrials: 8,
      seed: 0,
    });
  });

  it('is exact where all swaps are as many as the trials, and not where they are more', () => {
    const isExact = (numTrials: number) => compareSystems([1, 2, 3], [0, 0, 0], { numTrials }).isExact;
    expect([7, 8, 9].map(isExact)).toEqual([false, true, true]);
  });

  it('comes near the exact value by sampling', () => {
    const first = skewedValues(12, 4);
    const second = skewedValues(12, 5);
    const exact = compareSystems(first, second);
    const sampled = compareSystems(first, second, { numTrials: 4000 });
    expect([exact.isExact, sampled.isExact]).toEqual([true, false]);
    expect(Math.abs(exact.pValue - sampled.pValue)).toBeLessThan(0.03);
  });

  it('is 1 for equal systems and turns its sign with their order', () => {
    const a = skewedValues(40, 1);
    const b = skewedValues(40, 2);
    expect(compareSystems(a, a).pValue).toBe(1);
    const [forth, back] = [compareSystems(a, b), compareSystems(b, a)];
    expect(back.difference).toBeCloseTo(-forth.difference, 12);
    expect(back.pValue).toBe(forth.pValue);
  });

  it('finds a clear difference and never a p-value of 0', () => {
    const a = skewedValues(100, 1);
    const { pValue } = compareSystems(
      a,
      a.map((value) => value - 1),
      { numTrials: 999 },
    );
    expect(pValue).toBe(0.001);
  });

  it('takes scores that are no mean over items', () => {
    const [a, b] = [
      [2, 8, 4],
      [1, 1, 1],
    ] as const;
    const largest = (isSwapped: Uint8Array) =>
      Math.max(...a.map((value, at) => (isSwapped[at] ? b[at]! : value))) -
      Math.max(...b.map((value, at) => (isSwapped[at] ? a[at]! : value)));
    // |8 - 1| is reached where all three outputs stay or all are exchanged.
    expect(computeRandomisationTest(3, largest).pValue).toBe(2 / 8);
  });

  it.each([
    [() => compareSystems([1], [1, 2]), 'INPUT', 'got 1 and 2'],
    [() => compareSystems([], []), 'INPUT', 'at least one item'],
    [() => compareSystems([1, NaN], [1, 2]), 'INPUT', 'item 1, got NaN and 2'],
    [() => compareSystems([1], [2], { numTrials: 0 }), 'OPTION', 'positive integer, got 0'],
    [() => computeRandomisationTest(2, () => Infinity), 'UNDEFINED', 'got Infinity'],
  ] as const)('refuses wrong input %#', (act, code, message) => {
    expect(act).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

describe('asynchronous forms', () => {
  const labels = [0, 0, 1, 1, 0, 1];
  const scores = [0.1, 0.4, 0.35, 0.8, 0.35, 0.9];

  it('give the numbers of the synchronous ones, and say how far they are', async () => {
    const events: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => events.push(done / total);
    const options = { seed: 3, numResamples: 50 };
    expect(await computeBinaryIntervalsAsync(labels, scores, { ...options, onProgress })).toEqual(
      computeBinaryIntervals(labels, scores, options),
    );
    expect(events.at(-1)).toBe(1);
    const mean = (indices: Uint32Array) => indices.reduce((sum, index) => sum + scores[index]!, 0) / 6;
    expect(await computeBootstrapIntervalAsync(6, mean, { ...options, method: 'bca', onProgress })).toEqual(
      computeBootstrapInterval(6, mean, { ...options, method: 'bca' }),
    );
    expect(events.at(-1)).toBe(1);
    expect(await compareSystemsAsync(scores, labels, { onProgress })).toEqual(compareSystems(scores, labels));
    expect(events.at(-1)).toBe(1);
    expect(events.every((share) => share <= 1)).toBe(true);
  });

  const stopAfter = (milliseconds: number) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stop')), milliseconds);
    return controller.signal;
  };

  it.each([
    [
      'binary',
      (signal: AbortSignal) => computeBinaryIntervalsAsync(labels, scores, { signal, numResamples: 1e9 }),
    ],
    [
      'bootstrap',
      (signal: AbortSignal) => computeBootstrapIntervalAsync(5, () => 1, { signal, numResamples: 1e9 }),
    ],
    [
      'randomisation',
      (signal: AbortSignal) =>
        compareSystemsAsync(Array(99).fill(1), Array(99).fill(0), { signal, numTrials: 1e9 }),
    ],
  ])('stop when they are told to: %s', async (_, work) => {
    await expect(work(stopAfter(40))).rejects.toThrow('stop');
  });

  it('stop before they begin where the signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('stopped before'));
    let calls = 0;
    const statistic = () => (calls += 1);
    await expect(computeBootstrapIntervalAsync(5, statistic, { signal })).rejects.toThrow('stopped before');
    expect(calls).toBe(0);
  });
});

describe('binary intervals', () => {
  it('weigh an item by how often a sample draws it, as a sample of the items themselves does', () => {
    const labels = [0, 0, 1, 1, 0, 1, 0, 1];
    const scores = [0.1, 0.4, 0.35, 0.8, 0.35, 0.9, 0.9, 0.2];
    const weights = [1, 2, 0, 1, 3, 1, 0.5, 1];
    const pick = (values: readonly number[], indices: Uint32Array) =>
      Array.from(indices, (index) => values[index]!);
    const options = { seed: 11, numResamples: 40 };
    const whole = computeBinaryIntervals(labels, scores, { ...options, weights, threshold: 0.35 });
    for (const name of [
      'auroc',
      'averagePrecision',
      'f1',
      'brierScore',
      'logLoss',
      'expectedCalibrationError',
    ] as const) {
      const one = computeBootstrapInterval(
        8,
        (indices) =>
          computeBinaryMetrics(pick(labels, indices), pick(scores, indices), {
            weights: pick(weights, indices),
            threshold: 0.35,
          })[name],
        options,
      );
      expect(whole[name]!.low).toBeCloseTo(one.low, 12);
      expect(whole[name]!.high).toBeCloseTo(one.high, 12);
      expect(whole[name]!.numUndefined).toBe(one.numUndefined);
    }
  });
});

describe('systems that do not differ', () => {
  it('have a difference of 0 and a p-value of 1, also where sums round', () => {
    // 0.1 + 0.2 - 0.3 is 5.6e-17 in floating point.
    for (const numTrials of [8, 10_000, 5]) {
      const test = compareSystems([0.1, 0.2, 0], [0, 0, 0.3], { numTrials });
      expect([test.difference, test.pValue]).toEqual([0, 1]);
    }
    expect(compareSystems([0.7, 0.1], [0.7, 0.1])).toMatchObject({ difference: 0, pValue: 1 });
    expect(compareSystems([1e6, 0.1, 0.2, 0], [1e6, 0, 0, 0.3])).toMatchObject({ difference: 0, pValue: 1 });
  });

  it('are told from ones that differ by little', () => {
    const test = compareSystems([1e-9, 1e-9, 1e-9], [0, 0, 0]);
    expect([test.difference, test.pValue]).toEqual([1e-9, 0.25]);
  });
});

describe('an interval of known samples', () => {
  /** A statistic that is `estimate` of all items, then each of the values, then 0. */
  const inTurn = (estimate: number, values: readonly (number | undefined)[]) => {
    let call = 0;
    return () => {
      call += 1;
      return call === 1 ? estimate : call - 2 < values.length ? values[call - 2] : 0;
    };
  };
  const zeroToTen = [5, 0, 7, 3, 10, 1, 9, 2, 8, 4, 6];

  it('lies between the order statistics, as NumPy interpolates them', () => {
    const options = { numResamples: 11, level: 0.8 };
    const interval = computeBootstrapInterval(4, inTurn(5, zeroToTen), options);
    expect(interval).toMatchObject({ estimate: 5, numUndefined: 0 });
    expect(interval.low).toBeCloseTo(1, 12);
    expect(interval.high).toBeCloseTo(9, 12);
    expect(interval.standardError).toBeCloseTo(Math.sqrt(11), 12);
    const between = computeBootstrapInterval(4, inTurn(5, zeroToTen), { numResamples: 11, level: 0.7 });
    expect([between.low, between.high].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1.5, 8.5]);
  });

  it('of BCa counts samples equal to the estimate half: the median has no bias', () => {
    const options = { numResamples: 11, level: 0.8, method: 'bca' } as const;
    const { low, high } = computeBootstrapInterval(4, inTurn(5, zeroToTen), options);
    expect(low).toBeCloseTo(1, 6);
    expect(high).toBeCloseTo(9, 6);
    expect(computeBootstrapInterval(4, inTurn(7, zeroToTen), options).low).toBeGreaterThan(low);
  });

  it('of BCa has the plain quantiles where every sample lies on one side of the estimate', () => {
    const options = { numResamples: 11, level: 0.8, method: 'bca' } as const;
    for (const estimate of [-1, 20]) {
      const { low, high } = computeBootstrapInterval(4, inTurn(estimate, zeroToTen), options);
      expect(low).toBeCloseTo(1, 12);
      expect(high).toBeCloseTo(9, 12);
    }
  });

  it('of BCa is skewed by the scores without each item, in any unit', () => {
    // Acceleration -24 / (6 * 12^1.5): the tails 0.1 and 0.9, at -1.2816 and 1.2816, move to 0.0719 and 0.8730.
    const options = { numResamples: 11, level: 0.8, method: 'bca' } as const;
    for (const unit of [1, 1000]) {
      const scores = [...zeroToTen, ...[0, 0, 0, 4].map((score) => score * unit)];
      const { low, high } = computeBootstrapInterval(4, inTurn(5, scores), options);
      expect(low).toBeCloseTo(0.719, 3);
      expect(high).toBeCloseTo(8.73, 3);
    }
  });

  it('of BCa asks for the score without each item in turn', () => {
    const seen: number[][] = [];
    const statistic = (indices: Uint32Array) => (seen.push([...indices]), seen.length % 7);
    computeBootstrapInterval(4, statistic, { numResamples: 5, method: 'bca' });
    expect(seen.slice(6)).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  it('leaves out and counts undefined samples, and is none of fewer than two', () => {
    const two = computeBootstrapInterval(4, inTurn(5, [undefined, 1, NaN, 3, Infinity]), { numResamples: 5 });
    expect([two.numUndefined, two.standardError]).toEqual([3, Math.sqrt(2)]);
    expect(() =>
      computeBootstrapInterval(4, inTurn(5, [undefined, 1, undefined]), { numResamples: 3 }),
    ).toThrow(/samples that define the score, got fewer than 2/);
  });
});
