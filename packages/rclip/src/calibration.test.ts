import { createRandom, DataError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { fitTemperature, fitThreshold, toProbability } from './calibration.js';

/** Labels drawn with probability `sigmoid(logit / temperature)`. */
function draw(count: number, temperature: number) {
  const random = createRandom(3);
  const logits = Array.from({ length: count }, () => 4 * random.normal());
  return { logits, targets: logits.map((x) => (random.next() < toProbability(x, temperature) ? 1 : 0)) };
}

const logLoss = ({ logits, targets }: ReturnType<typeof draw>, temperature: number) =>
  logits.reduce((sum, x, i) => sum - Math.log(toProbability(targets[i] ? x : -x, temperature)), 0);

describe('temperature', () => {
  it.each([0.5, 1, 2.5])('%s is found again from labels drawn with it', (temperature) => {
    const fitted = fitTemperature(draw(20_000, temperature));
    expect(Math.abs(fitted / temperature - 1)).toBeLessThan(0.05);
  });

  it('has the smallest log loss of its neighbours', () => {
    const data = draw(500, 1.7);
    const fitted = fitTemperature(data);
    expect(logLoss(data, fitted)).toBeLessThan(logLoss(data, fitted * 1.01));
    expect(logLoss(data, fitted)).toBeLessThan(logLoss(data, fitted / 1.01));
  });

  it('stays in its range where the classes are separable, or the classifier is wrong', () => {
    expect(fitTemperature({ logits: [-1, 1], targets: [0, 1] })).toBeCloseTo(0.05, 6);
    expect(fitTemperature({ logits: [-1, 1], targets: [1, 0] })).toBeCloseTo(20, 6);
  });

  it.each([
    [{ logits: [1], targets: [1, 0] }, 'expected one target per logit, got 1 logits and 2 targets'],
    [{ logits: [1, 2], targets: [1, 1] }, 'expected both classes, got 2 positives of 2'],
    [{ logits: [1, NaN], targets: [1, 0] }, 'expected finite logits, got NaN at 1'],
    [{ logits: [1, 2], targets: [1, -1] }, 'expected targets 0 or 1, got -1 at 1'],
  ])('refuses %j', (data, message) => {
    expect(() => fitTemperature(data)).toThrow(DataError);
    expect(() => fitTemperature(data)).toThrow(message);
  });
});

describe('threshold', () => {
  it('has the largest sum of sensitivity and specificity, half-way between two scores', () => {
    // Cut between -1 and 0.5: sensitivity 1, specificity 2/3. The next best, above 1: 1/2 and 1.
    const data = { logits: [-2, -1, 0.5, 1, 2], targets: [0, 0, 1, 0, 1] };
    expect(fitThreshold(data)).toBeCloseTo(toProbability(-0.25, 1), 12);
    expect(fitThreshold(data, 2)).toBeCloseTo(toProbability(-0.25, 2), 12);
  });

  it('never cuts between equal scores', () => {
    expect(fitThreshold({ logits: [0, 0, 1, 1], targets: [0, 1, 0, 1] })).toBeCloseTo(
      toProbability(0.5, 1),
      12,
    );
  });

  it('is the lowest of equally good ones, which misses the least', () => {
    // Cuts above -1, between the two pairs, and below 3 all reach the sum 4/3: 1 + 1/3, 2/3 + 2/3, 1/3 + 1.
    const data = { logits: [-1, 0, 1, 2, 3, 4], targets: [0, 1, 0, 1, 0, 1] };
    expect(fitThreshold(data)).toBeCloseTo(toProbability(-0.5, 1), 12);
  });

  it('counts a tie of both classes on both sides of a cut', () => {
    // Above the tie: one positive of two found, both negatives rejected: 3/2. Below it: two found, one rejected: 3/2, the lower.
    expect(fitThreshold({ logits: [0, 1, 1, 2], targets: [0, 0, 1, 1] })).toBeCloseTo(
      toProbability(0.5, 1),
      12,
    );
    // With a negative more in the tie the cut above is better: 3/2 instead of 4/3.
    expect(fitThreshold({ logits: [0, 1, 1, 1, 2], targets: [0, 0, 0, 1, 1] })).toBeCloseTo(
      toProbability(1.5, 1),
      12,
    );
  });

  it('calls positive what it was fitted to call so, where a score is compared with it by >=', () => {
    const data = { logits: [-3, -0.2, 0.1, 0.4, 2], targets: [0, 0, 1, 0, 1] };
    const threshold = fitThreshold(data, 1.7);
    const called = data.logits.map((logit) => toProbability(logit, 1.7) >= threshold);
    expect(called).toEqual([false, false, true, true, true]);
  });

  it('never calls everything negative, or everything positive where something better is there', () => {
    expect(fitThreshold({ logits: [5, 4, 3, 2], targets: [0, 0, 1, 1] })).toBeCloseTo(
      toProbability(2.5, 1),
      12,
    );
  });
});
