import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { createReferenceBackend } from '../testing/reference-backend.js';
import {
  batchNorm2d,
  batchNormSpecs,
  binaryCrossEntropyWithLogits,
  countParameters,
  crossEntropy,
  float32,
  gradients,
  initializeParameters,
  int32,
  RESNET50,
  resnet,
  resnetSpecs,
  runToHost,
  smoothL1,
  trace,
  type BufferUpdates,
  type Graph,
  type HostTensor,
} from '../index.js';

async function evaluate(graph: Graph, inputs: Record<string, HostTensor>, weights?: Map<string, HostTensor>) {
  const executable = await createReferenceBackend().compile(graph, { weights });
  return runToHost(executable, inputs);
}

describe('nn', () => {
  it('counts the ResNet-50 trunk as torchvision does', () => {
    const specs = resnetSpecs({ ...RESNET50, inputChannels: 1 });
    const trainable = Object.fromEntries(Object.entries(specs).filter(([, spec]) => spec.trainable));
    expect(countParameters(trainable)).toBe(23_501_760);
    expect(specs['layer4.2.conv2.weight']!.shape).toEqual([512, 512, 3, 3]);
  });

  it('weights only the positive term of the binary cross-entropy and survives large logits', async () => {
    const graph = trace({ inputs: { x: { shape: [4] }, y: { shape: [4] } } }, (ops, { inputs }) => ({
      loss: binaryCrossEntropyWithLogits(ops, inputs['x']!, inputs['y']!, 3),
    }));
    const { loss } = await evaluate(graph, {
      x: float32([4], [0, 0, 1000, -1000]),
      y: float32([4], [1, 0, 1, 1]),
    });
    expect([...loss!.data].map((v) => Number(v.toFixed(5)))).toEqual([
      Number((3 * Math.LN2).toFixed(5)),
      Number(Math.LN2.toFixed(5)),
      0,
      3000,
    ]);
  });

  it('gives the binary cross-entropy the gradient sigmoid(x) - y, at a logit of exactly 0 too', async () => {
    const graph = trace({ inputs: { x: { shape: [4] }, y: { shape: [4] } } }, (ops, { inputs }) => {
      const loss = ops.sum(binaryCrossEntropyWithLogits(ops, inputs['x']!, inputs['y']!));
      return { gradient: gradients(ops, loss, [inputs['x']!])[0]! };
    });
    const { gradient } = await evaluate(graph, {
      x: float32([4], [0, 0, 100, -2]),
      y: float32([4], [0, 1, 0, 1]),
    });
    const expected = [0.5, -0.5, 1, 1 / (1 + Math.exp(2)) - 1];
    expected.forEach((value, index) => expect(gradient!.data[index]).toBeCloseTo(value, 6));
  });

  it('picks the target of the cross-entropy and bends smooth L1 at beta', async () => {
    const graph = trace(
      { inputs: { x: { shape: [2, 3] }, y: { shape: [2], dtype: 'int32' } } },
      (ops, { inputs }) => ({
        entropy: crossEntropy(ops, inputs['x']!, inputs['y']!),
        smoothed: crossEntropy(ops, inputs['x']!, inputs['y']!, 0.3),
        huber: smoothL1(ops, inputs['x']!, ops.zeros([2, 3]), 0.5),
      }),
    );
    const { entropy, smoothed, huber } = await evaluate(graph, {
      x: float32([2, 3], [0, 0, 0, 0.25, 2, 0]),
      y: int32([2], [1, 0]),
    });
    expect(entropy!.data[0]).toBeCloseTo(Math.log(3), 6);
    expect(entropy!.data[1]).toBeCloseTo(Math.log(Math.exp(0.25) + Math.exp(2) + 1) - 0.25, 5);
    const logSum = Math.log(Math.exp(0.25) + Math.exp(2) + 1);
    expect(smoothed!.data[1]).toBeCloseTo(0.7 * (logSum - 0.25) + 0.3 * (logSum - 0.75), 5);
    expect([...huber!.data.slice(3)]).toEqual([0.0625, 1.75, 0]);
  });

  it('trains a micro ResNet with batch statistics and reports new running ones', async () => {
    const config = { inputChannels: 1, stemChannels: 2, planes: [1, 1], blocks: [1, 1] };
    const specs = resnetSpecs(config);
    const weights = initializeParameters(specs, createRandom(3));
    const graph = trace(
      { inputs: { image: { shape: [2, 1, 16, 16] } }, parameters: specs },
      (ops, { inputs, parameters }) => {
        const updates: BufferUpdates = new Map();
        const y = resnet(ops, parameters, inputs['image']!, config, 'trunk', { training: true, updates });
        const [gradient] = gradients(ops, ops.sum(y), [parameters.get('conv1.weight')]);
        return { y, gradient: gradient!, ...Object.fromEntries(updates) };
      },
    );
    const random = createRandom(5);
    const image = float32(
      [2, 1, 16, 16],
      Array.from({ length: 512 }, () => random.normal()),
    );
    const result = await evaluate(graph, { image }, weights);
    expect(result['y']!.shape).toEqual([2, 4, 2, 2]);
    expect(result['gradient']!.data.some((value) => value !== 0)).toBe(true);
    expect(Object.keys(result).filter((name) => name.endsWith('running_var'))).toHaveLength(9);
    expect(result['trunk.bn1.running_mean']!.shape).toEqual([2]);
  });

  it('blends the statistics of both runs of a batch norm that runs twice in one step', async () => {
    const names = ['weight', 'bias', 'running_mean', 'running_var'];
    const specs = batchNormSpecs(1);
    const graph = trace(
      { inputs: { a: { shape: [1, 1, 1, 2] }, b: { shape: [1, 1, 1, 2] } }, parameters: specs },
      (ops, { inputs, parameters }) => {
        const updates: BufferUpdates = new Map();
        for (const view of ['a', 'b'])
          batchNorm2d(ops, parameters, inputs[view]!, 'bn', { training: true, updates });
        return Object.fromEntries(updates);
      },
    );
    const weights = new Map(names.map((name, index) => [name, float32([1], [index])]));
    const shape = [1, 1, 1, 2];
    const result = await evaluate(graph, { a: float32(shape, [1, 3]), b: float32(shape, [0, 8]) }, weights);
    // Means 2 and 4, unbiased variances 2 and 32; the running ones start at 2 and 3.
    expect(result['bn.running_mean']!.data[0]).toBeCloseTo(0.9 * (0.9 * 2 + 0.1 * 2) + 0.1 * 4, 6);
    expect(result['bn.running_var']!.data[0]).toBeCloseTo(0.9 * (0.9 * 3 + 0.1 * 2) + 0.1 * 32, 5);
  });
});
