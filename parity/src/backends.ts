import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TfjsBackendOptions } from '@crrg/backend-tfjs';
import type { Backend } from '@crrg/tensor';

const onWarning = (message: string) => console.log(`warning: ${message}`);

/** TensorFlow.js from the folder that `scripts/build-tfjs-node.mjs` made, where it is named; else the package is looked for. */
function builtTfjsNode(): TfjsBackendOptions['tf'] {
  const folder = process.env['CRRG_TFJS_NODE'];
  return folder ? createRequire(join(folder, 'package.json'))('@tensorflow/tfjs-node') : undefined;
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
  reference: async () => (await import('@crrg/tensor/testing')).createReferenceBackend(),
};

/** Engines that add up one product after the other, so that rounding errors grow more than in blocked sums. */
export const SEQUENTIAL_SUMS = ['onnx-web', 'tfjs', 'tfjs-cpu'];

/** Creates the engine when the first case asks for it. */
export function lazyBackend(name: string): { get: () => Promise<Backend>; dispose: () => Promise<void> } {
  let backend: Promise<Backend> | undefined;
  return {
    get: () => (backend ??= BACKENDS[name]!()),
    dispose: async () => (await backend?.catch(() => undefined))?.dispose(),
  };
}
