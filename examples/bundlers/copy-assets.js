// Rollup and esbuild leave `new URL('file', import.meta.url)` as it is: the files must lie beside the bundle.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { resolve } = createRequire(import.meta.url);
const IMAGE = join(
  dirname(createRequire(resolve('@crrg/pipeline')).resolve('@crrg/image/package.json')),
  'dist',
);
const RUNTIME = fileURLToPath(
  new URL('node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', import.meta.url),
);

/** Copies the WebAssembly of ONNX Runtime, where that is installed, and the workers that read DICOM files. */
export function copyAssets(folder) {
  if (existsSync(RUNTIME)) cpSync(RUNTIME, join(folder, 'ort-wasm-simd-threaded.wasm'));
  for (const name of readdirSync(IMAGE).filter((each) => /^dicom-worker-.*\.js$/.test(each)))
    cpSync(join(IMAGE, name), join(folder, name));
}
