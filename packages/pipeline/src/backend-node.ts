import { ConfigError } from '@crrg/core';
import { createOnnxBackend, type OnnxBackendOptions } from '@crrg/backend-onnx';
import type { Backend } from '@crrg/tensor';
import { checkBackendName } from './backend-name.js';

/** Engines by name. `tfjs-*` need the package `@crrg/backend-tfjs`. */
export const BACKEND_NAMES = [
  'onnx',
  'onnx-cuda',
  'onnx-webgpu',
  'onnx-wasm',
  'tfjs-cpu',
  'tfjs-wasm',
  'tfjs-node',
  'tfjs-node-gpu',
] as const;

/** Name of an engine that Node.js can run. */
export type BackendName = (typeof BACKEND_NAMES)[number];

const ONNX_OPTIONS: Readonly<Record<string, OnnxBackendOptions>> = {
  onnx: {},
  'onnx-cuda': { runtime: 'node', executionProviders: ['cuda', 'cpu'] },
  'onnx-webgpu': { runtime: 'node', executionProviders: ['webgpu', 'cpu'] },
  'onnx-wasm': { runtime: 'web' },
};

/** Bundlers forgive a missing package where its import is in a `try`. */
async function importTfjs(name: BackendName) {
  try {
    return await import('@crrg/backend-tfjs');
  } catch (cause) {
    throw new ConfigError(
      `pipeline.loadBackend: ${name} needs @crrg/backend-tfjs and @tensorflow/tfjs; run npm install @crrg/backend-tfjs @tensorflow/tfjs.`,
      { cause },
    );
  }
}

/**
 * A backend by name. The caller disposes it.
 * @throws {ConfigError} for an unknown name
 * @throws {BackendError} where the engine is not installed
 */
export async function loadBackend(
  name: BackendName = 'onnx',
  options: Pick<OnnxBackendOptions, 'threads' | 'onWarning'> = {},
): Promise<Backend> {
  checkBackendName(name, BACKEND_NAMES);
  const onnx = ONNX_OPTIONS[name];
  if (onnx) return createOnnxBackend({ ...onnx, ...options });
  const { createTfjsBackend } = await importTfjs(name);
  return createTfjsBackend({ engine: name.slice('tfjs-'.length) as 'cpu', onWarning: options.onWarning });
}
