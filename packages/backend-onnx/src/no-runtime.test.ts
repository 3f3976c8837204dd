import { BackendError } from '@crrg/core';
import { expect, it, vi } from 'vitest';
import { createOnnxBackend, type OnnxBackendOptions } from './index.js';

for (const name of ['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-web/webgpu'])
  vi.doMock(name, () => {
    throw new Error('not installed');
  });

async function refusal(options: OnnxBackendOptions): Promise<string> {
  const failure: unknown = await createOnnxBackend(options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BackendError);
  return (failure as Error).message;
}

it('without any runtime it says how to install the native one, or the one for WebAssembly', async () => {
  const onWarning = vi.fn();
  expect(await refusal({ onWarning })).toMatch(
    /expected onnxruntime-node, got .*; reinstall it .*; or run npm install onnxruntime-web for WebAssembly/s,
  );
  expect(onWarning).not.toHaveBeenCalled();
});

it.each([undefined, ['wasm'], ['webgpu']])(
  'without the web runtime, providers %s, it says how to install it',
  async (executionProviders) => {
    expect(await refusal({ runtime: 'web', executionProviders })).toMatch(
      /expected onnxruntime-web, got .*; run npm install onnxruntime-web\.$/s,
    );
  },
);
