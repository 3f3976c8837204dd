import { refuseWithoutWeb } from './missing-web.js';
import type { Native } from './native-half.js';
import type { OrtModule } from './options.js';

/** The web runtime; for WebAssembly without the GPU's half: 14 MB where the whole is 28. Bundlers forgive it missing only in a `try`. */
export async function importWeb(gpu: boolean): Promise<OrtModule> {
  try {
    return gpu ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  } catch (cause) {
    return refuseWithoutWeb(cause);
  }
}

/** Browsers have neither the native runtime nor files. */
export const native: Native | undefined = undefined;
