import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointError } from '@crrg/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as browser from '../browser.js';
import * as node from '../node.js';

const FOLDER = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('@crrg/model-tiny/package.json'))),
  'classifier',
);
const ADDRESS = 'https://example.org/models/classifier';

let files: Map<string, Uint8Array<ArrayBuffer>>;
beforeAll(async () => {
  const names = await readdir(FOLDER);
  files = new Map(
    await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(path.join(FOLDER, name)))] as const),
    ),
  );
});

describe.each([
  ['a page', browser.loadClassifierModel],
  ['Node', node.loadClassifierModel],
])('%s takes a model', (_where, load) => {
  it('as files, or as a function that gives them', async () => {
    const { name, sha256 } = await load(files);
    expect(await load(async () => files)).toMatchObject({ name, sha256 });
    expect((await node.loadClassifierModel('tiny')).sha256).toBe(sha256);
  });

  it('of which every file has its hash, and no other', async () => {
    const damaged = files.get('weights.safetensors')!.slice();
    damaged[damaged.length - 1]! ^= 1;
    const failure: unknown = await load(new Map(files).set('weights.safetensors', damaged)).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toContain('expected the hash of weights.safetensors');
  });
});

describe('a model from an address', () => {
  const open = vi.fn(() => Promise.reject(new Error('denied')));
  afterEach(() => {
    vi.unstubAllGlobals();
    open.mockClear();
  });

  it.each([
    [undefined, 1],
    [true, 1],
    [false, 0],
  ])('with cache %s asks for a place to keep it %i times', async (cache, times) => {
    const warnings: string[] = [];
    vi.stubGlobal('caches', { open });
    vi.stubGlobal('fetch', async (url: string) => new Response(files.get(path.basename(url))));
    const onWarning = (message: string) => warnings.push(message);
    const model = await browser.loadClassifierModel(ADDRESS, { cache, onWarning });
    expect(model.config.probe?.labels).toBeDefined();
    expect(open).toHaveBeenCalledTimes(times);
    expect(warnings).toHaveLength(times);
  });
});
