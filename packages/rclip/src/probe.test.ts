import { BackendError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { float32, type BackendTensor } from '@crrg/tensor';
import type { CompiledGraphs } from './compiled-graphs.js';
import { parseRclipConfig } from './config.js';
import { explainLabel, labelScores } from './probe.js';

const probe = { labels: ['A', 'B'], thresholds: [0.5, 0.9], temperatures: [1, 1] };

describe('the scores of a probe', () => {
  it('count as found above the threshold of their label', () => {
    const scores = labelScores(Float32Array.of(Math.log(4), Math.log(4)), probe);
    expect(scores.map(({ probability }) => probability.toFixed(4))).toEqual(['0.8000', '0.8000']);
    expect(scores.map(({ positive }) => positive)).toEqual([true, false]);
    expect(labelScores(Float32Array.of(0, 9), probe).map(({ positive }) => positive)).toEqual([false, true]);
  });

  it.each([NaN, Infinity, -Infinity])('are an error rather than "not found" where a logit is %s', (logit) => {
    const scores = () => labelScores(Float32Array.of(0, logit), probe);
    expect(scores).toThrow(BackendError);
    expect(scores).toThrow(`expected a finite logit for B, got ${logit}`);
  });
});

describe('the heat map of a probe', () => {
  const config = parseRclipConfig({ imageEncoder: { imageSize: 32 }, textEncoder: null, probe });
  const image = float32([1, 3, 32, 32], new Float32Array(3 * 32 * 32));

  /** Graphs whose explanation gives these cells. */
  function giving(cells: readonly number[]): CompiledGraphs {
    const tensor = (shape: number[], values: readonly number[]) => {
      const host = float32(shape, Float32Array.from(values));
      return { ...host, read: async () => host, dispose: () => undefined } as unknown as BackendTensor;
    };
    const run = async () => ({ heatmap: tensor([1, 1, 3], cells), logits: tensor([1, 2], [0, 0]) });
    return { get: async () => ({ run }) } as unknown as CompiledGraphs;
  }

  it('has 1 where the probe looked most, and is all 0 where nothing speaks for the label', async () => {
    expect([...(await explainLabel(giving([1, 4, 2]), config, image, {})).heatmap]).toEqual([0.25, 1, 0.5]);
    expect([...(await explainLabel(giving([0, 0, 0]), config, image, {})).heatmap]).toEqual([0, 0, 0]);
  });

  it('is an error rather than all 0 where a cell is not a number', async () => {
    await expect(explainLabel(giving([1, NaN, 0]), config, image, {})).rejects.toThrow(
      'expected finite heat map of the classifier, got NaN',
    );
  });
});
