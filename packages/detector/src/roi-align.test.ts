import { float32, runToHost, trace, type HostTensor, type Ops, type Tensor } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import golden from './__fixtures__/roi-align.json' with { type: 'json' };
import { DEFAULT_DETECTOR_CONFIG } from './config.js';
import { cellsOf, meanWeights, roiAlign, roiAxisWeights } from './roi-align.js';

const config = DEFAULT_DETECTOR_CONFIG.roi;

async function align(
  features: HostTensor,
  boxes: HostTensor,
  build = defaultBuild,
): Promise<Record<string, HostTensor>> {
  const signature = { inputs: { features: { shape: features.shape }, boxes: { shape: boxes.shape } } };
  const graph = trace(signature, (ops, { inputs }) => build(ops, inputs['features']!, inputs['boxes']!));
  return runToHost(await createReferenceBackend().compile(graph), { features, boxes });
}

const defaultBuild = (ops: Ops, features: Tensor, boxes: Tensor): Record<string, Tensor> => ({
  aligned: roiAlign(ops, features, boxes, config),
});

/** Column number of every cell of a 4 x 4 map. */
const ramp = float32(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i % 4),
);

describe('roiAlign', () => {
  it('reads a ramp at the middle of each bin', async () => {
    // 64 pixels are 2 cells, so a bin is a quarter of a cell; bin b is centred at 0.5 + (b + 0.5) / 4 cells.
    const { aligned } = await align(ramp, float32([1, 1, 4], [16, 16, 80, 80]));
    expect(aligned!.shape).toEqual([1, 1, 1, 64]);
    for (let bin = 0; bin < 64; bin++) expect(aligned!.data[bin]).toBeCloseTo(0.5 + ((bin % 8) + 0.5) / 4, 6);
  });

  it('never takes a box narrower than one cell', async () => {
    const { aligned } = await align(ramp, float32([1, 1, 4], [32, 32, 33, 33]));
    expect(aligned!.data[7]).toBeCloseTo(1 + 7.5 / 8, 6);
  });

  it('reads the border cell just outside the map, and nothing further out', async () => {
    const ones = float32([1, 1, 4, 4], new Float32Array(16).fill(1));
    // Columns from -1.5 to 2.5 cells in bins of half a cell: the first bin lies before -1.
    const { aligned } = await align(ones, float32([1, 1, 4], [-48, 0, 80, 128]));
    expect(Array.from(aligned!.data.slice(0, 8))).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    // Rows from 3 to 5 cells in bins of a quarter: those beyond 4 count nothing.
    const { aligned: below } = await align(ones, float32([1, 1, 4], [0, 96, 64, 160]));
    expect(Array.from({ length: 8 }, (_, row) => below!.data[8 * row])).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('gives the numbers of the reference program inside, across and beyond the border', async () => {
    const features = float32([1, 4, 4, 4], golden.features);
    const boxes = float32([1, 13, 4], golden.boxes);
    const { aligned, mean } = await align(features, boxes, (ops, features, boxes) => {
      const weights = meanWeights(ops, roiAxisWeights(ops, boxes, cellsOf(features), config));
      const flat = ops.reshape(features, [1, 4, 16]);
      return { ...defaultBuild(ops, features, boxes), mean: ops.matmul(weights, flat, { transposeB: true }) };
    });
    for (const [box, channel, bin, value] of golden.samples) {
      expect(Math.abs(aligned!.data[(box! * 4 + channel!) * 64 + bin!]! - value!)).toBeLessThan(1e-5);
    }
    golden.mean.flat().forEach((value, i) => expect(Math.abs(mean!.data[i]! - value)).toBeLessThan(1e-5));
  });
});
