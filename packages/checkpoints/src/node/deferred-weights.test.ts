import { mkdtemp, readFile, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeSha256 } from '@crrg/core';
import { float32, type HostTensor, type ParameterSpecs } from '@crrg/tensor';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUNDLE_FIELDS } from '../__fixtures__/bundle-fields.js';
import { loadWeights } from '../load-weights.js';
import * as numbers from '../numbers.js';
import { readBundle, writeBundle, type ReadBundleOptions } from './bundle.js';

/** A MiB of float32: tensors from here on stay in their file. */
const LARGE = 2 ** 18;

let root: string;
const bundle = () => join(root, 'bundle');
const file = () => join(bundle(), 'weights.safetensors');

const values = Float32Array.from({ length: LARGE }, (_, index) => index % 1024);
const weights = (large: Float32Array): Map<string, HostTensor> =>
  new Map([
    ['large', float32([2, LARGE / 2], large)],
    ['small', float32([LARGE - 1], values.subarray(1))],
  ]);
const specOf = ({ shape }: HostTensor) => ({
  shape,
  init: { kind: 'constant', value: 0 } as const,
  trainable: true,
});
const specs: ParameterSpecs = Object.fromEntries(
  [...weights(values)].map(([name, tensor]) => [name, specOf(tensor)]),
);

async function write(large = values, floats: 'float32' | 'float16' = 'float32'): Promise<void> {
  const card = { role: 'document', bytes: new TextEncoder().encode('# Card') } as const;
  const content = { ...BUNDLE_FIELDS, weights: weights(large), attachments: { 'card.md': card } };
  await writeBundle(bundle(), content, { floats });
}

async function load(options: ReadBundleOptions = {}): Promise<ReadonlyMap<string, HostTensor>> {
  const opened = await readBundle(bundle(), { cacheFolder: join(root, 'cache'), ...options });
  try {
    return await loadWeights(opened, specs, 'test');
  } finally {
    await opened.close();
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-deferred-'));
});
beforeEach(async () => {
  await rm(join(root, 'cache'), { recursive: true, force: true });
  await write();
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now + 10_000);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => rm(root, { recursive: true }));

describe('the weights of a bundle in a folder', () => {
  it('stay in their file from a MiB on, at the place where their bytes are, also when the bundle is closed', async () => {
    const loaded = await load();
    expect(loaded.get('small')!.file).toBeUndefined();
    const { path, offset, size } = loaded.get('large')!.file!;
    const bytes = await readFile(path);
    expect(bytes).toHaveLength(size);
    const stored = bytes.subarray(offset, offset + 4 * LARGE);
    expect(stored.equals(Buffer.from(values.buffer))).toBe(true);
    expect(loaded.get('large')!.data).toEqual(values);
    expect(loaded.get('small')!.data).toEqual(values.subarray(1));
  });

  it('are where a link to their file leads', async () => {
    const target = join(root, 'elsewhere.safetensors');
    await rename(file(), target);
    await symlink(target, file());
    const loaded = await load();
    expect(loaded.get('large')!.file!.path).toBe(await realpath(target));
    expect(loaded.get('large')!.data).toEqual(values);
    await rm(file());
    await rm(target);
  });

  it('are read at once where halves of float32 are stored', async () => {
    await write(new Float32Array(LARGE).fill(0.5), 'float16');
    const loaded = await load();
    expect(loaded.get('large')!.file).toBeUndefined();
    expect(loaded.get('large')!.data).toEqual(new Float32Array(LARGE).fill(0.5));
  });

  it.each([
    ['written over', async () => writeFile(file(), await readFile(file()))],
    ['given back its time stamp', () => utimes(file(), 1, 1)],
    ['cut', async () => writeFile(file(), (await readFile(file())).subarray(0, -4))],
    ['taken away', () => rename(file(), `${file()}.old`)],
  ])('are refused later where their file was %s', async (_, change) => {
    const { data: before } = (await load()).get('large')!;
    expect(before).toHaveLength(LARGE);
    const loaded = await load();
    await change();
    expect(() => loaded.get('large')!.data).toThrow(/expected the weights that were opened, got .* for/);
    await rm(`${file()}.old`, { force: true });
  });
});

describe('the numbers of a bundle', () => {
  const check = () => {
    const { mock } = vi.spyOn(numbers, 'checkNumbers');
    return () => mock.calls.filter(([, where]) => where === 'test').length;
  };

  it('are checked once, again where that is asked for, and again after a change', async () => {
    const times = check();
    await load();
    await load();
    expect(times()).toBe(1);
    await load({ verify: true });
    expect(times()).toBe(2);
    await write(values.map((value) => value + 1));
    await load();
    expect(times()).toBe(3);
  });

  it('are refused as often as the bundle is opened where one is not finite', async () => {
    const bytes = await readFile(file());
    const { offset } = (await load()).get('large')!.file!;
    bytes.writeFloatLE(NaN, offset + 4 * 1000);
    await writeFile(file(), bytes);
    const manifest = join(bundle(), 'manifest.json');
    const sha256 = await computeSha256(bytes);
    const json = JSON.parse(await readFile(manifest, 'utf8')) as {
      files: { path: string; sha256: string }[];
    };
    json.files.find(({ path }) => path === 'weights.safetensors')!.sha256 = sha256;
    await writeFile(manifest, JSON.stringify(json));
    for (const _ of ['first', 'again'])
      await expect(load()).rejects.toThrow(/test: expected weights of finite numbers.*large has 1 numbers/);
  });
});
