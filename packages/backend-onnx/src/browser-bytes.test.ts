import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a page that asks for no GPU loads the small WebAssembly runtime, and the GPU build only with WebGPU', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('index.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@crrg/source'],
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const runtimes = Object.keys(metafile.inputs).filter((file) => file.includes('/onnxruntime-web/dist/'));
  expect(runtimes.map((file) => path.basename(file)).sort()).toEqual([
    'ort.wasm.bundle.min.mjs',
    'ort.webgpu.bundle.min.mjs',
  ]);
});
