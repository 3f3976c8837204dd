import { describe, expect, it } from 'vitest';
import { createTimeEstimate } from './progress.js';

describe('the time left', () => {
  it('is that of the batches left at the pace of those done, in seconds, and never below 0', () => {
    let now = 1000;
    const estimate = createTimeEstimate(() => now);
    expect(estimate.secondsLeft(6)).toBeUndefined();
    for (let batch = 0; batch < 4; batch++) estimate.batchDone();
    now = 3000;
    expect(estimate.secondsLeft(6)).toBe(3);
    expect(estimate.secondsLeft(-1)).toBe(0);
    expect(estimate.secondsLeft(undefined)).toBeUndefined();
  });
});
