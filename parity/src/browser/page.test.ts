import { float32, gradients, runToHost, trace, type Backend } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { findChromium } from './chromium.js';
import { openPageBackend } from './page-backend.js';
import { openPage } from './page-link.js';
import { PAGE_ENGINES, type PageEngine } from './protocol.js';

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
  expect([...y!.data]).toEqual([5, 0, 0, 0]);
  expect([...dw!.data]).toEqual([10, 0, 20, 0]);
  expect(backend.liveTensors()).toBe(0);
}

async function inPage(engine: PageEngine, isolated: boolean, check: (device: string) => void): Promise<void> {
  const page = await openPage({ isolated });
  try {
    const backend = await openPageBackend(page, engine);
    check(backend.device);
    await expectWorkedOut(backend);
  } finally {
    await page.close();
  }
}

describe.skipIf(!findChromium())('an engine in a page of Chromium', () => {
  it.each(PAGE_ENGINES)('%s computes a network and its gradient, and says on what', (engine) =>
    inPage(engine, false, (device) =>
      expect(device).toMatch(/^WebGL 2: .*float32 textures|^WebGPU: .|^WebAssembly, not cross-origin/),
    ),
  );

  it.each(['tfjs-wasm', 'onnx-wasm'] as const)('%s runs on a page that is cross-origin isolated', (engine) =>
    inPage(engine, true, (device) => expect(device).toBe('WebAssembly, cross-origin isolated')),
  );

  it('refuses in words of its own what the engine refuses there', async () => {
    const page = await openPage();
    try {
      const backend = await openPageBackend(page, 'tfjs-wasm');
      const executable = await backend.compile(graph, { weights, name: 'worked' });
      await expect(executable.run({})).rejects.toMatchObject({ code: 'SHAPE' });
      await expect(executable.run({})).rejects.toThrow(/worked.*missing "x"/);
    } finally {
      await page.close();
    }
  });
});
