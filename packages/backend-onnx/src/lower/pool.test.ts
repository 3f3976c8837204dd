import { createRandom } from '@crrg/core';
import { trace } from '@crrg/tensor';
import { interpret } from '@crrg/tensor/testing';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../model.js';
import { lowerGraph } from './lower-graph.js';

const POOLS = [
  { name: 'overlapping windows', kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1], pooled: [4, 3] },
  {
    name: 'windows that leave a remainder',
    kernel: [2, 2],
    strides: [3, 2],
    padding: [0, 0, 0, 0],
    pooled: [3, 3],
  },
  { name: 'stride 1', kernel: [3, 2], strides: [1, 1], padding: [1, 0, 1, 1], pooled: [8, 6] },
] as const;

describe('maxPool2dGradient without positions of maxima', () => {
  for (const { name, pooled, ...pool } of POOLS) {
    it(`equals the reference for ${name}`, async () => {
      const inputs = { x: { shape: ['n', 2, 8, 6] }, g: { shape: ['n', 2, ...pooled] } };
      const graph = trace({ inputs }, (ops, scope) => ({
        y: ops.maxPool2dGradient(scope.inputs['x']!, scope.inputs['g']!, pool),
      }));
      const random = createRandom(3);
      // Small integers, so that windows have equal maxima.
      const x = Float32Array.from({ length: 192 }, () => random.integer(4) - 2);
      const g = Float32Array.from({ length: 4 * pooled[0] * pooled[1] }, () => random.normal());
      const shapes = { x: [2, 2, 8, 6], g: [2, 2, ...pooled] };
      const exact = (shape: readonly number[], data: Float32Array) => ({
        dtype: 'float32' as const,
        shape,
        data: Float64Array.from(data),
      });
      const expected = interpret(graph, { x: exact(shapes.x, x), g: exact(shapes.g, g) })['y']!;

      const { bytes } = encodeModel(
        lowerGraph(graph, undefined, { fusedMatmul: false, poolIndices: false }),
        'file',
      );
      const session = await ort.InferenceSession.create(bytes);
      const feeds = {
        'input:x': new ort.Tensor('float32', x, shapes.x),
        'input:g': new ort.Tensor('float32', g, shapes.g),
      };
      const y = (await session.run(feeds))['output:y']!;
      expect(y.dims).toEqual(expected.shape);
      expected.data.forEach((value, index) => expect(y.data[index]).toBeCloseTo(value, 5));
    });
  }
});
