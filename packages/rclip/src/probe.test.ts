import { BackendError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { labelScores } from './probe.js';

const probe = { labels: ['A', 'B'], thresholds: [0.5, 0.9], temperatures: [1, 1] };

describe('the scores of a probe', () => {
  it('count as found above the threshold of their label', () => {
    const scores = labelScores(Float32Array.of(Math.log(4), Math.log(4)), probe);
    expect(scores.map(({ probability }) => probability.toFixed(4))).toEqual(['0.8000', '0.8000']);
    expect(scores.map(({ positive }) => positive)).toEqual([true, false]);
  });

  it.each([NaN, Infinity, -Infinity])('are an error rather than "not found" where a logit is %s', (logit) => {
    const scores = () => labelScores(Float32Array.of(0, logit), probe);
    expect(scores).toThrow(BackendError);
    expect(scores).toThrow(`expected a finite logit for B, got ${logit}`);
  });
});
