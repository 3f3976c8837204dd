import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('in the bundle of a server there is no copy of the web runtime, which would find none of its .wasm files', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('./index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@crrg/source'],
    external: ['onnxruntime-node'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((file) => file.endsWith('backend-onnx/src/native.ts'))).toBe(true);
  expect(inputs.filter((file) => file.includes('/onnxruntime-web/'))).toEqual([]);
});
