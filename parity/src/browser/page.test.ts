import { float32, gradients, runToHost, trace, type Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from './chromium.js';
import { openPageBackend } from './page-backend.js';
import { openPage, type Page } from './page-link.js';
import { PAGE_ENGINES } from './protocol.js';

const graph = trace(
  {
    inputs: { x: { shape: ['rows', 2] } },
    parameters: { w: { shape: [2, 2], init: { kind: 'constant', value: 0 }, trainable: true } },
  },
  (ops, { inputs, parameters }) => {
    const w = parameters.get('w');
    const y = ops.relu(ops.matmul(inputs['x']!, w));
    const [dw] = gradients(ops, ops.sum(ops.square(y)), [w]);
    return { y, dw: dw! };
  },
);
const weights = new Map([['w', float32([2, 2], [1, -1, 2, 0.5])]]);

/** x w = [[5, 0], [-1, -3]]; dw = 2 x' y. */
async function expectWorkedOut(backend: Backend): Promise<void> {
  const executable = await backend.compile(graph, { weights });
  const { y, dw } = await runToHost(executable, { x: float32([2, 2], [1, 2, 1, -1]) });
  // Engines differ in the sign of 0.
  expect(Array.from(y!.data, (value) => value + 0)).toEqual([5, 0, 0, 0]);
  expect(Array.from(dw!.data, (value) => value + 0)).toEqual([10, 0, 20, 0]);
  expect(backend.liveTensors()).toBe(0);
}

const corners = trace({ inputs: { x: { shape: [4] }, z: { shape: [4] } } }, (ops, { inputs }) => {
  const five = ops.reshape(inputs['x']!, [1, 2, 1, 2, 1]);
  const padding = [
    [0, 1],
    [0, 0],
    [0, 0],
    [1, 0],
    [0, 0],
  ] as const;
  return { quotient: ops.div(inputs['x']!, inputs['z']!), padded: ops.pad(five, padding, 7) };
});

/** What GPU engines got wrong: 0 / 0, Infinity / Infinity, and more axes than their kernels know. */
async function expectCorners(backend: Backend): Promise<void> {
  const executable = await backend.compile(corners);
  const [x, z] = [float32([4], [0, Infinity, 3, 1]), float32([4], [0, Infinity, 3, 0])];
  const { quotient, padded } = await runToHost(executable, { x, z });
  expect([...quotient!.data]).toEqual([NaN, NaN, 1, Infinity]);
  expect([...padded!.data]).toEqual([7, 0, Infinity, 7, 3, 1, 7, 7, 7, 7, 7, 7]);
}

const DEVICE = /^WebGL 2: .*, float32 textures$|^WebGPU: .|^WebAssembly, not cross-origin isolated$/;

describe.skipIf(!findChromium()).each([
  { isolated: false, engines: PAGE_ENGINES, device: DEVICE },
  {
    isolated: true,
    engines: ['tfjs-wasm', 'onnx-wasm'] as const,
    device: /^WebAssembly, cross-origin isolated$/,
  },
])('an engine in a page of Chromium, cross-origin isolated: $isolated', ({ isolated, engines, device }) => {
  let page: Page;
  beforeAll(async () => {
    page = await openPage({ isolated });
  });
  afterAll(() => page.close());

  it.each(engines)(
    '%s computes a network, its gradient and the corners of float32, and says on what',
    async (engine) => {
      const backend = await openPageBackend(page, engine);
      expect(backend.device).toMatch(device);
      await expectWorkedOut(backend);
      await expectCorners(backend);
      backend.dispose();
    },
  );

  it('refuses in words of its own what the engine refuses there', async () => {
    const backend = await openPageBackend(page, 'tfjs-wasm');
    const executable = await backend.compile(graph, { weights, name: 'worked' });
    await expect(executable.run({})).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(executable.run({})).rejects.toThrow(/worked.*missing "x"/);
  });
});
