import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TfjsBackendOptions } from '@crrg/backend-tfjs';
import type { Backend } from '@crrg/tensor';
import type { PageEngine } from './browser/protocol.js';

const onWarning = (message: string) => console.log(`warning: ${message}`);

/** TensorFlow.js from the folder that `scripts/build-tfjs-node.mjs` made, where it is named; else the package is looked for. */
function builtTfjsNode(): TfjsBackendOptions['tf'] {
  const folder = process.env['CRRG_TFJS_NODE'];
  return folder ? createRequire(join(folder, 'package.json'))('@tensorflow/tfjs-node') : undefined;
}

/** An engine that runs in a page, with a line that says on which device. */
async function inPage(engine: PageEngine): Promise<Backend> {
  const { createPageBackend } = await import('./browser/page-backend.js');
  const backend = await createPageBackend(engine);
  console.log(`${backend.name} on ${backend.device}`);
  return backend;
}

/** Engines by name; each is loaded only when it is asked for. */
export const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  onnx: async () => (await import('@crrg/backend-onnx')).createOnnxBackend({ onWarning }),
  'onnx-web': async () =>
    (await import('@crrg/backend-onnx')).createOnnxBackend({ runtime: 'web', onWarning }),
  tfjs: async () => (await import('@crrg/backend-tfjs')).createTfjsBackend({ engine: 'wasm', onWarning }),
  'tfjs-cpu': async () =>
    (await import('@crrg/backend-tfjs')).createTfjsBackend({ engine: 'cpu', onWarning }),
  'tfjs-node': async () => {
    const { createTfjsBackend } = await import('@crrg/backend-tfjs');
    return createTfjsBackend({ engine: 'node', tf: builtTfjsNode(), onWarning });
  },
  'onnx-webgpu-node': async () =>
    (await import('@crrg/backend-onnx')).createOnnxBackend({
      runtime: 'node',
      executionProviders: ['webgpu'],
    }),
  // In Chromium; the names say nothing of WebAssembly in a page, which the conformance suite runs.
  'tfjs-webgl': () => inPage('tfjs-webgl'),
  'tfjs-webgpu': () => inPage('tfjs-webgpu'),
  'onnx-webgpu': () => inPage('onnx-webgpu'),
  reference: async () => (await import('@crrg/tensor/testing')).createReferenceBackend(),
};

/** Engines that add up one product after the other, so that rounding errors grow more than in blocked sums. */
export const SEQUENTIAL_SUMS = ['onnx-web', 'onnx-webgpu-node', 'tfjs', 'tfjs-cpu'];

/** Creates the engine when the first case asks for it. */
export function lazyBackend(name: string): { get: () => Promise<Backend>; dispose: () => Promise<void> } {
  let backend: Promise<Backend> | undefined;
  return {
    get: () => (backend ??= BACKENDS[name]!()),
    dispose: async () => (await backend?.catch(() => undefined))?.dispose(),
  };
}
