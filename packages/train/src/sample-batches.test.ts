import { describe, expect, it } from 'vitest';
import { batchesWithRest, meanOverSamples, perBatchSize, wholeBatches } from './sample-batches.js';

describe('batches', () => {
  it('are whole, or hold the rest too', () => {
    expect(wholeBatches([1, 2, 3, 4, 5], 2)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(batchesWithRest([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(wholeBatches([1], 2)).toEqual([]);
    expect(batchesWithRest([], 2)).toEqual([]);
  });

  it('weigh by their samples in a mean', () => {
    const means = meanOverSamples([
      { samples: 4, values: { loss: 1, iou: 0 } },
      { samples: 1, values: { loss: 6, iou: 1 } },
    ]);
    expect(means['loss']).toBeCloseTo(2, 12);
    expect(means['iou']).toBeCloseTo(0.2, 12);
  });

  it('share what is compiled for their size, released together or at the first failure', async () => {
    const log: string[] = [];
    const make = (size: number) => {
      if (size === 9) return Promise.reject(new Error('no memory'));
      log.push(`make ${size}`);
      return Promise.resolve({ size, dispose: () => void log.push(`release ${size}`) });
    };
    const compiled = await perBatchSize([4, 4, 2], make);
    expect(compiled.of(4).size).toBe(4);
    compiled.dispose();
    expect(log.splice(0)).toEqual(['make 4', 'make 2', 'release 4', 'release 2']);
    await expect(perBatchSize([4, 9], make)).rejects.toThrow('no memory');
    expect(log).toEqual(['make 4', 'release 4']);
  });
});
