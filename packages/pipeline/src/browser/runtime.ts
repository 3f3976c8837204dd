import { createOnnxBackend, type OnnxBackendOptions } from '@crrg/backend-onnx';
import { decodeRadiograph, readImageBytes, type ImageSource } from '@crrg/image/browser';
import type { Backend } from '@crrg/tensor';
import { checkBackendName } from '../backend-name.js';
import { blobName } from '../radiograph.js';
import { createRuntime } from '../runtime.js';
import { openBundle, type ModelSource } from './open-bundle.js';

/** Engines that need no further package in a page; for TensorFlow.js pass a backend. */
export const BACKEND_NAMES = ['onnx', 'onnx-wasm', 'onnx-webgpu'] as const;

/** Name of an engine that a page can run. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/**
 * A backend by name. The caller disposes it.
 * @throws {ConfigError} for an unknown name
 * @throws {BackendError} where the engine cannot be loaded
 */
export async function loadBackend(
  name: BackendName = 'onnx',
  options: Pick<OnnxBackendOptions, 'threads' | 'wasmPaths' | 'onWarning'> = {},
): Promise<Backend> {
  checkBackendName(name, BACKEND_NAMES);
  return createOnnxBackend({
    runtime: 'web',
    ...(name === 'onnx-webgpu' && { executionProviders: ['webgpu', 'wasm'] }),
    ...options,
  });
}

/** What a page brings; the same in its workers. @internal */
export const browserRuntime = createRuntime<ImageSource, ModelSource, BackendName>({
  readImageBytes,
  decodeRadiograph,
  fileName: blobName,
  openBundle,
  loadBackend,
});
