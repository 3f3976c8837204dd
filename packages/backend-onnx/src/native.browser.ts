import { refuseWithoutWeb } from './missing-web.js';
import type { Native } from './native-half.js';
import type { OrtModule } from './options.js';

/** The web runtime; for WebAssembly without the GPU's half: 14 MB where the whole is 28. */
export const importWeb = (gpu: boolean): Promise<OrtModule> =>
  gpu
    ? import('onnxruntime-web/webgpu').catch(refuseWithoutWeb)
    : import('onnxruntime-web/wasm').catch(refuseWithoutWeb);

/** Browsers have neither the native runtime nor files. */
export const native: Native | undefined = undefined;
