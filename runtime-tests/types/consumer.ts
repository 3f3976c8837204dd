import { createOnnxBackend } from '@crrg/backend-onnx';
import { createTfjsBackend } from '@crrg/backend-tfjs';
import { ANATOMICAL_REGIONS, type AnatomicalRegion, type Box } from '@crrg/core';
import {
  float32,
  runToHost,
  trace,
  type Backend,
  type HostTensor,
  type Ops,
  type Tensor,
} from '@crrg/tensor';

const double = (ops: Ops, x: Tensor): Tensor => ops.mul(x, 2);
const graph = trace({ inputs: { x: { shape: ['n'] } } }, (ops, { inputs }) => ({
  y: double(ops, inputs['x']!),
}));

export async function run(): Promise<HostTensor | undefined> {
  const backends: Backend[] = [
    await createOnnxBackend({ runtime: 'web' }),
    await createTfjsBackend({ engine: 'wasm' }),
  ];
  const { y } = await runToHost(await backends[0]!.compile(graph), { x: float32([1], [1]) });
  // @ts-expect-error an unknown engine does not compile
  await createTfjsBackend({ engine: 'cuda' });
  return y;
}

export const region: AnatomicalRegion = ANATOMICAL_REGIONS[0];
export const box: Box = { x1: 0, y1: 0, x2: 1, y2: 1 };
