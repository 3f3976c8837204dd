import { float32, gradients, int32, runToHost, trace } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { microConfig, microWeights } from '../__fixtures__/micro.js';
import type { TextPooling } from '../config.js';
import { rclipSpecs } from '../specs.js';
import { encodeTokens, poolTokens } from './text-encoder.js';

const config = microConfig();
const text = config.textEncoder!;
const weights = microWeights(config);
const backend = createReferenceBackend();

describe('pooling', () => {
  const hidden = float32([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const mask = float32([2, 3], [1, 1, 0, 1, 1, 1]);
  const pool = async (pooling: TextPooling) => {
    const graph = trace(
      { inputs: { hidden: { shape: ['B', 'T', 2] }, mask: { shape: ['B', 'T'] } } },
      (ops, { inputs }) => ({ pooled: poolTokens(ops, inputs['hidden']!, inputs['mask']!, { pooling }) }),
    );
    const { pooled } = await runToHost(await backend.compile(graph), { hidden, mask });
    return [...pooled!.data];
  };

  it('takes the last real token, the first, or the mean of the real ones', async () => {
    expect(await pool('eos')).toEqual([3, 4, 11, 12]);
    expect(await pool('bos')).toEqual([1, 2, 7, 8]);
    expect(await pool('mean')).toEqual([2, 3, 9, 10]);
  });
});

describe('the text encoder', () => {
  const specs = rclipSpecs(config);
  const run = async (ids: readonly (readonly number[])[], real: readonly number[]) => {
    const shape = [ids.length, ids[0]!.length];
    const graph = trace(
      { inputs: { ids: { shape, dtype: 'int32' }, mask: { shape } }, parameters: specs },
      (ops, { inputs, parameters }) => ({
        hidden: encodeTokens(
          ops,
          parameters.scope('textEncoder'),
          { tokenIds: inputs['ids']!, attentionMask: inputs['mask']! },
          text,
        ),
      }),
    );
    const mask = real.flatMap((count) => Array.from({ length: shape[1]! }, (_, i) => (i < count ? 1 : 0)));
    const { hidden } = await runToHost(await backend.compile(graph, { weights }), {
      ids: int32(shape, ids.flat()),
      mask: float32(shape, mask),
    });
    return hidden!.data as Float32Array;
  };

  it('sees both sides of a token, but no padding', async () => {
    const first = await run([[1, 5, 6, 2, 0]], [4]);
    const otherPadding = await run([[1, 5, 6, 2, 9]], [4]);
    const otherEnd = await run([[1, 5, 6, 3, 0]], [4]);
    const beginning = (hidden: Float32Array) => hidden.subarray(0, text.width);
    beginning(first).forEach((x, i) => expect(beginning(otherPadding)[i]).toBeCloseTo(x, 6));
    const distance = beginning(first).reduce((sum, x, i) => sum + Math.abs(x - beginning(otherEnd)[i]!), 0);
    expect(distance).toBeGreaterThan(1e-3);
  });

  it('tells positions apart', async () => {
    const hidden = await run([[5, 5, 5]], [3]);
    const row = (index: number) => hidden.subarray(index * text.width, (index + 1) * text.width);
    expect(Math.max(...row(0).map((x, i) => Math.abs(x - row(1)[i]!)))).toBeGreaterThan(1e-2);
  });

  it('passes every activation that training drops, by site, and gradients reach every parameter but unused rows', () => {
    const sites: string[] = [];
    const shape = [1, 4];
    const graph = trace(
      { inputs: { ids: { shape, dtype: 'int32' }, mask: { shape } }, parameters: specs },
      (ops, { inputs, parameters }) => {
        const hidden = encodeTokens(
          ops,
          parameters.scope('textEncoder'),
          {
            tokenIds: inputs['ids']!,
            attentionMask: inputs['mask']!,
            dropout: (x, site) => (sites.push(site), x),
          },
          text,
        );
        const names = Object.keys(specs).filter((name) => name.startsWith('textEncoder.'));
        const found = gradients(
          ops,
          ops.sum(ops.square(hidden)),
          names.map((name) => parameters.get(name)),
        );
        return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
      },
    );
    expect(sites).toEqual([
      'embeddings',
      ...[0, 1].flatMap((layer) =>
        ['attention.weights', 'attention.output', 'ffn'].map((site) => `layers.${layer}.${site}`),
      ),
    ]);
    for (const [name, tensor] of Object.entries(graph.outputs))
      expect(tensor.shape, name).toEqual(specs[name]!.shape);
  });
});
