import { describe, expect, it } from 'vitest';
import { labelPlots, scoreCondition } from './score-labels.js';

const ITEM = { condition: undefined, labels: [0, 1, 1, 0], scores: [0.1, 0.9, 0.4, 0.6] };
const SETTINGS = { threshold: 0.5, resamples: 0, seed: 0 };

/** A signal that is aborted as soon as anything else gets its turn. */
function abortSoon(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort(new Error('interrupted')));
  return controller.signal;
}

describe('scores and plots of labels', () => {
  it('let Ctrl+C in between their parts', async () => {
    const scores = await scoreCondition(ITEM, SETTINGS, {});
    await expect(labelPlots([ITEM], [scores], SETTINGS, abortSoon())).rejects.toThrow('interrupted');
    await expect(scoreCondition(ITEM, SETTINGS, { signal: abortSoon() })).rejects.toThrow('interrupted');
  });

  it('have a plot of each kind', async () => {
    const scores = await scoreCondition(ITEM, SETTINGS, {});
    const plots = await labelPlots([ITEM], [scores], SETTINGS);
    expect(plots.map(({ name }) => name)).toEqual(['roc', 'precision-recall', 'calibration', 'confusion']);
  });
});
