import { createRandom } from '@crrg/core';
import {
  float32,
  gradients,
  initializeParameters,
  runToHost,
  trace,
  type HostTensor,
  type Ops,
  type Tensor,
} from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG } from './config.js';
import { cheaperOrder, inAnchorOrder, roiHead, gatherRows, topBoxDeltas, topRegions } from './forward.js';
import { detectorSpecs } from './specs.js';
import { MICRO_CONFIG, randomTensor } from './__fixtures__/micro.js';

async function evaluate(
  inputs: Record<string, HostTensor>,
  build: (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): Promise<Record<string, HostTensor>> {
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
  const graph = trace({ inputs: shapes }, (ops, scope) => build(ops, scope.inputs));
  return runToHost(await createReferenceBackend().compile(graph), inputs);
}

const bools = (tensor: HostTensor | undefined) => Array.from(tensor!.data, (value) => value !== 0);
const logOf = (probabilities: readonly number[]) => probabilities.map(Math.log);

describe('inAnchorOrder', () => {
  it('puts cell by cell, anchor by anchor, the four offsets together', async () => {
    const anchors = 4;
    const objectness = float32(
      [1, anchors, 1, 2],
      Array.from({ length: 8 }, (_, i) => i),
    );
    const boxDeltas = float32(
      [1, 16, 1, 2],
      Array.from({ length: 32 }, (_, i) => i),
    );
    const result = await evaluate({ objectness, boxDeltas }, (ops, inputs) => ({
      ...inAnchorOrder(
        ops,
        { objectness: inputs['objectness']!, boxDeltas: inputs['boxDeltas']! },
        MICRO_CONFIG,
      ),
    }));
    expect(Array.from(result['objectness']!.data)).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(Array.from(result['boxDeltas']!.data.slice(0, 8))).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    expect(Array.from(result['boxDeltas']!.data.slice(16, 20))).toEqual([1, 3, 5, 7]);
  });
});

describe('topRegions', () => {
  // Rows are boxes, columns background and three regions.
  const probabilities = [0.7, 0.2, 0.1, 0.0001, 0.1, 0.5, 0.3, 0.1, 0.05, 0.3, 0.25, 0.4];
  const logits = float32([1, 3, 4], logOf(probabilities));

  const run = (mask?: HostTensor) =>
    evaluate({ logits, ...(mask && { mask }) }, (ops, inputs) => ({
      ...topRegions(ops, inputs['logits']!, inputs['mask']),
    }));

  it('takes the best box among those that prefer the region', async () => {
    const top = await run();
    expect(bools(top['isDetected'])).toEqual([true, false, true]);
    expect(Array.from(top['indices']!.data)).toEqual([1, 0, 2]);
    expect(top['scores']!.data[0]).toBeCloseTo(0.5, 5);
    expect(top['scores']!.data[1]).toBe(0); // box 1 gives region 1 a score of 0.3, but prefers region 0
    expect(top['scores']!.data[2]).toBeCloseTo(0.4, 5);
  });

  // docs/reference/traps.md#t5
  it('counts a box that is most probably background', async () => {
    const onlyBackground = float32([1, 1, 4], logOf([0.9, 0.01, 0.08, 0.01]));
    const top = await evaluate({ logits: onlyBackground }, (ops, inputs) => ({
      ...topRegions(ops, inputs['logits']!),
    }));
    expect(bools(top['isDetected'])).toEqual([false, true, false]);
    expect(top['scores']!.data[1]).toBeCloseTo(0.08, 5);
  });

  it('ignores masked rows', async () => {
    const top = await run({ dtype: 'bool', shape: [1, 3], data: Uint8Array.of(1, 0, 0) });
    expect(bools(top['isDetected'])).toEqual([true, false, false]);
    expect(Array.from(top['indices']!.data)).toEqual([0, 0, 0]);
    expect(top['scores']!.data[0]).toBeCloseTo(0.2, 3);
  });

  it('finds the rows and the offsets of its choice', async () => {
    const indices: HostTensor = { dtype: 'int32', shape: [1, 3], data: Int32Array.of(1, 0, 1) };
    const pooled = float32([1, 2, 2], [1, 2, 3, 4]);
    const deltas = float32(
      [1, 2, 16],
      Array.from({ length: 32 }, (_, i) => i),
    );
    const result = await evaluate({ indices, pooled, deltas }, (ops, inputs) => ({
      rows: gatherRows(ops, inputs['pooled']!, inputs['indices']!),
      offsets: topBoxDeltas(ops, inputs['deltas']!, inputs['indices']!),
    }));
    expect(Array.from(result['rows']!.data)).toEqual([3, 4, 1, 2, 3, 4]);
    expect(Array.from(result['offsets']!.data)).toEqual([20, 21, 22, 23, 8, 9, 10, 11, 28, 29, 30, 31]);
  });
});

describe('roiHead', () => {
  it('gives the same results and gradients in all orders', async () => {
    const specs = detectorSpecs(MICRO_CONFIG);
    const weights = initializeParameters(specs, createRandom(5));
    const features = randomTensor([2, 4, 2, 3], 1);
    // A cell that shows nothing.
    for (let channel = 0; channel < 4; channel++) features.data[channel * 6] = 0;
    const boxes = float32([2, 2, 4], [0, 0, 64, 32, 10, 5, 90, 60, -20, -20, 30, 30, 40, 8, 200, 70]);
    const inputs = { features: { shape: features.shape }, boxes: { shape: boxes.shape } };
    const results: Record<string, HostTensor>[] = [];
    for (const order of ['direct', 'factored', 'factoredByBin'] as const) {
      const graph = trace({ inputs, parameters: specs }, (ops, { inputs, parameters }) => {
        const roi = roiHead(ops, parameters, inputs['features']!, inputs['boxes']!, MICRO_CONFIG, order);
        const loss = ops.add(ops.sum(ops.square(roi.classLogits)), ops.sum(ops.square(roi.pooledFeatures)));
        const [weight, feature] = gradients(ops, loss, [
          parameters.get('boxHead.fc6.weight'),
          inputs['features']!,
        ]);
        return { ...roi, weight: weight!, feature: feature! };
      });
      results.push(
        await runToHost(await createReferenceBackend().compile(graph, { weights }), { features, boxes }),
      );
    }
    const [direct, ...others] = results;
    for (const [name, { shape, data }] of Object.entries(direct!)) {
      expect(data.some((value) => value !== 0)).toBe(true);
      for (const other of others) {
        expect(other[name]!.shape).toEqual(shape);
        data.forEach((value, i) => expect(other[name]!.data[i]).toBeCloseTo(value, 5));
      }
    }
  });

  it('chooses the order by the number of boxes', () => {
    expect(cheaperOrder(DEFAULT_DETECTOR_CONFIG, 256, 29)).toBe('direct');
    expect(cheaperOrder(DEFAULT_DETECTOR_CONFIG, 256, 1000)).toBe('factored');
  });
});
