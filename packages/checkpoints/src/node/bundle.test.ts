import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '@crrg/core';
import { float32, int32, type HostTensor } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLE_FIELDS } from '../__fixtures__/bundle-fields.js';
import { memorySource, openBundle, urlSource } from '../bundle.js';
import { readTensors } from '../key-map.js';
import { readBundle, verifyBundle, writeBundle, type BundleContent } from './bundle.js';
import { openHuggingFaceFolder } from './hugging-face.js';
import { encodeSafetensors } from '../safetensors.js';

const WEIGHTS = new Map<string, HostTensor>([
  ['detector.a', float32([3], [1, 2, 3])],
  ['detector.b', float32([2, 2], [4, 5, 6, 7])],
  ['selector.ids', int32([2], [8, 9])],
]);

const CONTENT: BundleContent = {
  ...BUNDLE_FIELDS,
  weights: WEIGHTS,
  attachments: { 'card.md': { role: 'document', bytes: new TextEncoder().encode('# Card') } },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crrg-bundle-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('bundle', () => {
  it('reads the weights and files that it wrote', async () => {
    await writeBundle(folder, CONTENT);
    const bundle = await readBundle(folder);
    expect(await readTensors(bundle.entries)).toEqual(WEIGHTS);
    expect(new TextDecoder().decode(await bundle.readFile('card.md'))).toBe('# Card');
    await expect(bundle.readFile('manifest.json')).rejects.toThrow('a file that the manifest lists');
    await bundle.close();
    expect((await verifyBundle(folder)).name).toBe('tiny');
  });

  it.each([
    ['NaN', float32([2], [1, NaN]), {}],
    ['what float16 cannot hold', float32([2], [1, 70_000]), { floats: 'float16' }],
  ] as const)('is not written with %s, and the folder stays empty', async (_, tensor, options) => {
    const weights = new Map([...WEIGHTS, ['broken', tensor]]);
    await expect(writeBundle(folder, { ...CONTENT, weights }, options)).rejects.toBeInstanceOf(
      CheckpointError,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('splits weights that are too large for one file', async () => {
    const { files } = await writeBundle(folder, CONTENT, { maxShardBytes: 16 });
    expect(files.filter(({ role }) => role === 'weights').map(({ path }) => path)).toEqual([
      'weights-00001-of-00003.safetensors',
      'weights-00002-of-00003.safetensors',
      'weights-00003-of-00003.safetensors',
    ]);
    const bundle = await readBundle(folder);
    expect(await readTensors(bundle.entries)).toEqual(WEIGHTS);
    await bundle.close();
  });

  it('ends a file before a tensor that would make it too large', async () => {
    const of = (count: number) => float32([count], new Float32Array(count));
    const weights = new Map([2, 10].map((count) => [`w${count + 10}`, of(count)]));
    const { files } = await writeBundle(folder, { ...CONTENT, weights }, { maxShardBytes: 44 });
    expect(files.filter(({ role }) => role === 'weights')).toHaveLength(2);
  });

  it('splits weights into files of about the same size', async () => {
    const weights = new Map(['a', 'b', 'c', 'd'].map((name) => [name, float32([4], [1, 2, 3, 4])]));
    const { files } = await writeBundle(folder, { ...CONTENT, weights }, { maxShardBytes: 48 });
    const shards = files.filter(({ role }) => role === 'weights');
    expect(shards).toHaveLength(2);
    expect(shards[0]!.size).toBe(shards[1]!.size);
    const bundle = await readBundle(folder);
    expect(await readTensors(bundle.entries)).toEqual(weights);
    await bundle.close();
  });

  it('copies entries of another bundle one at a time, and may narrow them', async () => {
    await writeBundle(join(folder, 'one'), CONTENT);
    const one = await readBundle(join(folder, 'one'));
    await writeBundle(join(folder, 'two'), { ...CONTENT, weights: one.entries }, { floats: 'float16' });
    await one.close();
    const two = await readBundle(join(folder, 'two'));
    expect(two.entries.get('detector.b')?.dtype).toBe('float16');
    expect(await readTensors(two.entries)).toEqual(WEIGHTS);
    await two.close();
  });

  it('leaves no file behind where it was aborted', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(writeBundle(folder, CONTENT, { signal: controller.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('lists every file that was changed, cut or removed', async () => {
    await writeBundle(folder, CONTENT, { maxShardBytes: 16 });
    const path = join(folder, 'weights-00001-of-00003.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await writeFile(join(folder, 'weights-00002-of-00003.safetensors'), 'short');
    await rm(join(folder, 'card.md'));
    const failure = await verifyBundle(folder).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as CheckpointError).details['problems']).toHaveLength(3);
    const opened = await readBundle(folder).catch((error: unknown) => error);
    expect((opened as CheckpointError).details['problems']).toEqual(
      (failure as CheckpointError).details['problems'],
    );
  });

  it('of before stays whole where the writing of a new one fails at its end', async () => {
    await writeBundle(folder, CONTENT, { maxShardBytes: 16 });
    const before = await readdir(folder);
    const weights = new Map([
      ['detector.a', float32([3], [3, 2, 1])],
      ['z', float32([1], [NaN])],
    ] as const);
    const attachments = { 'card.md': { role: 'document', bytes: new TextEncoder().encode('new') } } as const;
    await expect(writeBundle(folder, { ...CONTENT, weights, attachments })).rejects.toThrow('z');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { signal: controller.signal, onProgress, maxShardBytes: 16 };
    await expect(writeBundle(folder, { ...CONTENT, attachments }, options)).rejects.toThrow('enough');
    const fields = { ...CONTENT, attachments, name: 'not a name' };
    await expect(writeBundle(folder, fields, { maxShardBytes: 16 })).rejects.toThrow('name');
    expect(await readdir(folder)).toEqual(before);
    const bundle = await readBundle(folder);
    expect(await readTensors(bundle.entries)).toEqual(WEIGHTS);
    await bundle.close();
  });

  it('replaces an earlier one: files that only that had go, files of others stay', async () => {
    await writeBundle(folder, CONTENT, { maxShardBytes: 16 });
    await writeFile(join(folder, 'notes.txt'), 'mine');
    const old = await readBundle(folder);
    await writeBundle(folder, { ...CONTENT, weights: old.entries, modelCard: null, attachments: {} });
    await old.close();
    expect(await readdir(folder)).toEqual(['manifest.json', 'notes.txt', 'weights.safetensors']);
    const bundle = await readBundle(folder);
    expect(await readTensors(bundle.entries)).toEqual(WEIGHTS);
    await bundle.close();
  });

  it('passes for whole at no moment where new files have their names but the manifest does not', async () => {
    await writeBundle(join(folder, 'new'), { ...CONTENT, weights: new Map([['a', float32([1], [1])]]) });
    await writeBundle(join(folder, 'old'), { ...CONTENT, weights: new Map([['a', float32([1], [2])]]) });
    await copyFile(join(folder, 'new', 'weights.safetensors'), join(folder, 'old', 'weights.safetensors'));
    await expect(readBundle(join(folder, 'old'))).rejects.toThrow('weights.safetensors has the hash');
  });

  it('refuses to write a file outside the folder', async () => {
    const attachments = { '../evil': { role: 'document', bytes: new Uint8Array() } } as const;
    await expect(writeBundle(folder, { ...CONTENT, attachments })).rejects.toThrow(
      'expected a relative path',
    );
  });

  it('opens from memory and over fetch with hashes checked', async () => {
    await writeBundle(folder, CONTENT);
    const files = new Map<string, Uint8Array>();
    for (const name of await readdir(folder))
      files.set(name, new Uint8Array(await readFile(join(folder, name))));
    expect((await openBundle(memorySource(files))).entries.size).toBe(3);
    const broken = new Map(files).set('weights.safetensors', files.get('weights.safetensors')!.slice());
    broken.get('weights.safetensors')!.fill(1, -1);
    await expect(openBundle(memorySource(broken))).rejects.toThrow(
      'expected the hash of weights.safetensors to be',
    );

    const get = (url: string | URL | Request) =>
      Promise.resolve(new Response(files.get(String(url).split('/').at(-1)!) as Uint8Array<ArrayBuffer>));
    const loaded: string[] = [];
    const options = {
      fetch: get as typeof fetch,
      onProgress: (event: { type: string; file?: string }) => loaded.push(event.file ?? ''),
    };
    const bundle = await openBundle(urlSource('https://example.org/tiny/', options));
    expect(await readTensors(bundle.entries)).toEqual(WEIGHTS);
    expect(new Set(loaded)).toEqual(new Set(['manifest.json', 'weights.safetensors']));

    files.get('weights.safetensors')![20]! ^= 1;
    await expect(openBundle(urlSource('https://example.org/tiny', options))).rejects.toThrow(
      'expected the hash of weights.safetensors',
    );
  });

  it('says what to check where a page cannot reach the server, and keeps the reason of an abort', async () => {
    const unreachable = (() => Promise.reject(new TypeError('Failed to fetch'))) as typeof fetch;
    const failure: unknown = await openBundle(
      urlSource('http://example.org/m', { fetch: unreachable }),
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toMatch(
      /expected manifest\.json from http:\/\/example\.org\/m\/manifest\.json, got "Failed to fetch"; check/,
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(openBundle(urlSource('http://x', { fetch: unreachable, signal }))).rejects.toThrow('enough');
  });
});

describe('Hugging Face folder', () => {
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);
  const shard = (...names: string[]) =>
    encodeSafetensors(new Map(names.map((name) => [name, WEIGHTS.get(name)!])));

  it('joins shards and reads the configuration', async () => {
    await write('config.json', '{"n_layer": 2}');
    await write('one.safetensors', shard('detector.a'));
    await write('two.safetensors', shard('detector.b', 'selector.ids'));
    const map = {
      'detector.a': 'one.safetensors',
      'detector.b': 'two.safetensors',
      'selector.ids': 'two.safetensors',
    };
    await write('model.safetensors.index.json', JSON.stringify({ weight_map: map }));
    const opened = await openHuggingFaceFolder(folder);
    expect(opened.config).toEqual({ n_layer: 2 });
    expect(await readTensors(opened.entries)).toEqual(WEIGHTS);
    await opened.close();
  });

  it('refuses an index that leaves the folder or disagrees with its shards', async () => {
    await write('model.safetensors.index.json', JSON.stringify({ weight_map: { a: '../one.safetensors' } }));
    await expect(openHuggingFaceFolder(folder)).rejects.toThrow('files of this folder');
    await write('one.safetensors', shard('detector.a'));
    await write('model.safetensors.index.json', JSON.stringify({ weight_map: { a: 'one.safetensors' } }));
    await expect(openHuggingFaceFolder(folder)).rejects.toThrow('to place "detector.a"');
    await write(
      'model.safetensors.index.json',
      JSON.stringify({ weight_map: { 'detector.a': 'one.safetensors', b: 'one.safetensors' } }),
    );
    await expect(openHuggingFaceFolder(folder)).rejects.toThrow('expected b in the shards');
  });

  it('says which files it looked for', async () => {
    await expect(openHuggingFaceFolder(folder)).rejects.toThrow(
      'expected model.safetensors, model.safetensors.index.json, pytorch_model.bin',
    );
  });
});
