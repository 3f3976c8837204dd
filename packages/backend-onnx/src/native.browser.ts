import type { Native } from './native-half.js';
import type { OrtModule } from './options.js';

/** The WebAssembly runtime without the GPU's half: 14 MB where the whole is 28. */
export const importWasm = (): Promise<OrtModule> => import('onnxruntime-web/wasm');

/** Browsers have neither the native runtime nor files. */
export const native: Native | undefined = undefined;
