import type { OnnxBackendOptions } from '@crrg/backend-onnx';
import { packageFile } from './addresses.js';

type OrtModule = NonNullable<OnnxBackendOptions['ort']>;

/** The web runtime from its package on the server of this script, in the two builds that `@crrg/backend-onnx` chooses from. */
export const importWeb = (gpu: boolean): Promise<OrtModule> =>
  import(
    packageFile('onnxruntime-web', `dist/ort.${gpu ? 'webgpu' : 'wasm'}.bundle.min.mjs`)
  ) as Promise<OrtModule>;

/** Browsers have neither the native runtime nor files. */
export const native = undefined;
