import { ConfigError } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import { describe, expect, it, vi } from 'vitest';
import * as browser from './browser.js';
import * as node from './node.js';

const failureOf = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

describe('in a page', () => {
  it.each(['cuda', 'onnx-cuda', 'toString', '__proto__'])('a backend is not called %s', async (name) => {
    const failure = await failureOf(browser.loadBackend(name as 'onnx'));
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toContain(
      `expected one of onnx, onnx-wasm, onnx-webgpu, got "${name}"; choose one.`,
    );
  });

  it.each([undefined, 'tiny'])(
    'the model %s is refused with where to serve it from, before any request',
    async (model) => {
      const fetch = vi.spyOn(globalThis, 'fetch');
      for (const load of [browser.loadModel, browser.loadClassifierModel]) {
        const failure = await failureOf(load(model as string));
        expect(failure).toBeInstanceOf(ConfigError);
        expect((failure as Error).message).toMatch(
          /expected the address of a model, .*; pass tiny(Classifier)? of @crrg\/model-tiny\/embedded, or serve the folder (weights|classifier) of @crrg\/model-tiny and pass its URL\./,
        );
      }
      expect(fetch).not.toHaveBeenCalled();
    },
  );
});

it.each([
  ['Node', node.loadRadiograph],
  ['a page', browser.loadRadiograph],
])('in %s a file gives its name to the result, and a blob none', async (_, loadRadiograph) => {
  const pixels = Uint8Array.from({ length: 64 * 64 }, (_value, at) => at % 251);
  const png = encodePng(greyImage(64, 64, pixels)) as Uint8Array<ArrayBuffer>;
  expect((await loadRadiograph(new File([png], 'film.png'))).input.file).toBe('film.png');
  expect((await loadRadiograph(new Blob([png]))).input.file).toBeNull();
});
