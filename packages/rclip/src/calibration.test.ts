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
});
