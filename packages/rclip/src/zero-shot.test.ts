import { ConfigError, ShapeError } from '@crrg/core';
import { float32 } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { scorePrompts } from './zero-shot.js';

describe('scoring prompts', () => {
  const images = float32([2, 2], [3, 0, 1, 1]);
  const prompts = float32([2, 2], [1, 0, 0, 2]);

  it('gives cosines and their softmax per image, as computed by hand', () => {
    const { similarities, probabilities, best } = scorePrompts(images, prompts);
    const half = Math.SQRT1_2;
    expect([...similarities].map((x) => x.toFixed(5))).toEqual([1, 0, half, half].map((x) => x.toFixed(5)));
    const e = Math.E / (Math.E + 1);
    [e, 1 - e, 0.5, 0.5].forEach((p, i) => expect(probabilities[i]).toBeCloseTo(p, 6));
    expect(best).toEqual([0, 0]);
  });

  it('divides the cosines by a temperature', () => {
    const { probabilities } = scorePrompts(images, prompts, { temperature: 0.1 });
    expect(probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(-10)), 6);
    expect(() => scorePrompts(images, prompts, { temperature: 0 })).toThrow(/positive temperature, got 0/);
  });

  it('needs two prompts of the width of the images', () => {
    const one = () => scorePrompts(images, float32([1, 2], [1, 0]));
    expect(one).toThrow(ConfigError);
    expect(one).toThrow(/expected at least two prompts, got 1; zero-shot scores compare prompts/);
    const narrow = () => scorePrompts(images, float32([2, 1], [1, 0]));
    expect(narrow).toThrow(ShapeError);
    expect(narrow).toThrow('expected images and prompts of one width, got 2 and 1');
    expect(() => scorePrompts(float32([0, 2], []), prompts)).toThrow(/at least one row, got \[0, 2\]/);
  });
});
