import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal('PINNED', { modelTiny: '0.2.0', image: '0.2.1', onnxruntimeWeb: '1.30.0' });
});
afterEach(() => vi.unstubAllGlobals());

describe('the script for script tags', () => {
  it.each([
    [
      'https://cdn.example/npm/@crrg/pipeline@0.2/dist/cdn/crrg.js',
      'https://cdn.example/npm/',
      '@0.2.0',
      '@1.30.0',
    ],
    [
      'https://unpkg.example/@crrg/pipeline@0.2.0/dist/cdn/crrg.js',
      'https://unpkg.example/',
      '@0.2.0',
      '@1.30.0',
    ],
    [
      'http://localhost/node_modules/@crrg/pipeline/dist/cdn/crrg.js',
      'http://localhost/node_modules/',
      '',
      '',
    ],
  ])(
    'at %s finds packages beside its own, of the versions that it was built with',
    async (script, root, tiny, engine) => {
      const { packageFile } = await import('./addresses.js');
      expect(packageFile('@crrg/model-tiny', 'weights/', script)).toBe(
        `${root}@crrg/model-tiny${tiny}/weights/`,
      );
      expect(packageFile('onnxruntime-web', 'dist/ort.mjs', script)).toBe(
        `${root}onnxruntime-web${engine}/dist/ort.mjs`,
      );
    },
  );

  it('says what to do where it lies alone', async () => {
    const { packageFile } = await import('./addresses.js');
    expect(() => packageFile('@crrg/image', 'dist/x.js', 'https://example.org/js/crrg.js')).toThrow(
      /expected an address with @crrg\/pipeline .* got https:\/\/example\.org\/js\/crrg\.js; serve it from/,
    );
  });
});

describe('a worker of the script', () => {
  const started: string[] = [];
  class FakeWorker {
    constructor(script: string) {
      started.push(script);
    }
  }
  beforeEach(() => {
    started.length = 0;
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('location', new URL('https://page.example/'));
  });

  it('of another origin is imported by one of the page', async () => {
    let code: Blob | undefined;
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      code = blob as Blob;
      return 'blob:1';
    });
    const { Worker } = await import('./worker.js');
    new Worker!('https://cdn.example/npm/@crrg/pipeline@0.2/dist/cdn/report-worker.js', { type: 'module' });
    expect(started).toEqual(['blob:1']);
    expect(await code!.text()).toBe(
      'import "https://cdn.example/npm/@crrg/pipeline@0.2/dist/cdn/report-worker.js";',
    );
  });

  it('of the page itself is started as it is', async () => {
    const { Worker } = await import('./worker.js');
    new Worker!('https://page.example/node_modules/@crrg/pipeline/dist/cdn/report-worker.js');
    expect(started).toEqual(['https://page.example/node_modules/@crrg/pipeline/dist/cdn/report-worker.js']);
  });
});
