import { describe, expect, it } from 'vitest';
import { adamwSettings, factorOf, generatedValues, numberAfter, requireNumberAfter } from './statements.js';

describe('numbers in the words of a sidecar', () => {
  it('follow their name', () => {
    const text = 'linear warm-up 5, cosine^2 to 0, total 24';
    expect(requireNumberAfter(text, 'warm-up')).toBe(5);
    expect(requireNumberAfter(text, 'total')).toBe(24);
    expect(numberAfter(text, 'eps')).toBeUndefined();
    expect(() => requireNumberAfter(text, 'lr', 'learning rate')).toThrow('"lr" or "learning rate"');
    expect(numberAfter('loss weights i2i 1.0, t2t .25, smoothing 0', 't2t')).toBe(0.25);
  });

  it('are factors of the terms of a sum', () => {
    const sum = 'total = MVS + 2*ICL + 0.5 * TCL';
    expect(['MVS', 'ICL', 'TCL', 'other'].map((term) => factorOf(sum, term))).toEqual([1, 2, 0.5, 0]);
    expect(factorOf('gradients are of 5*selection + 3*abnormal', 'abnormal')).toBe(3);
  });

  it('name generated values', () => {
    expect(
      generatedValues("generator 'optim/big/gI/T' (T = 0-based step), mean 0 scale 10", { I: 1, T: 12 }),
    ).toEqual({
      name: 'optim/big/g1/12',
      mean: 0,
      scale: 10,
    });
    expect(generatedValues("generator 'a/IT' mean 0.5, scale 1e-2", { I: 3 })).toMatchObject({
      name: 'a/IT',
      mean: 0.5,
      scale: 0.01,
    });
  });

  it('are settings of AdamW', () => {
    expect(
      adamwSettings('AdamW lr 5e-5, betas .8/.99, eps 1e-6, weight decay 0.1 on every parameter'),
    ).toEqual({
      learningRate: 5e-5,
      options: { weightDecay: 0.1, epsilon: 1e-6, betas: [0.8, 0.99] },
    });
    expect(adamwSettings('AdamW lr 0.01 wd 1e-4').options).toEqual({
      weightDecay: 1e-4,
      epsilon: 1e-8,
      betas: [0.9, 0.999],
    });
  });
});
