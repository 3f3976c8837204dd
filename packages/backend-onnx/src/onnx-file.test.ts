import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { float32, parameter, trace } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportGraph } from './export-graph.js';
import { openOnnxFile } from './onnx-file.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-onnx-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const graph = trace(
  {
    inputs: { x: { shape: ['rows', 2] } },
    parameters: { weight: parameter([2, 2], { kind: 'constant', value: 0 }) },
  },
  (ops, { inputs, parameters }) => ({ y: ops.matmul(inputs['x']!, parameters.get('weight')) }),
);

describe('a network in a file', () => {
  it('runs under the names in the file', async () => {
    const file = path.join(folder, 'model.onnx');
    await writeFile(file, exportGraph(graph, new Map([['weight', float32([2, 2], [0, 1, 2, 0])]])).bytes);
    const network = await openOnnxFile(file);
    expect([network.inputNames, network.outputNames]).toEqual([['x'], ['y']]);
    const { y } = await network.run({ x: { data: [3, 5], dims: [1, 2] } });
    expect([[...y!.data], y!.dims]).toEqual([
      [10, 3],
      [1, 2],
    ]);
    await expect(network.run({ x: { data: [3], dims: [1, 1] } })).rejects.toThrow(
      /^backend-onnx\.openOnnxFile: expected a network that runs on these inputs, got ".*"; export the network anew\.$/,
    );
    await network.dispose();
  });

  it('that is none is refused', async () => {
    const file = path.join(folder, 'text.onnx');
    await writeFile(file, 'not a network');
    await expect(openOnnxFile(file)).rejects.toThrow(
      /^backend-onnx\.openOnnxFile: expected an ONNX file, got/,
    );
  });
});
