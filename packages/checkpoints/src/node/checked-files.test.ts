import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32 } from '@crrg/tensor';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUNDLE_FIELDS } from '../__fixtures__/bundle-fields.js';
import { readBundle, writeBundle } from './bundle.js';

/** Just above the size from which checks are remembered. */
const LARGE = 2 ** 18;
const WEIGHTS = 'weights.safetensors';

let root: string;
let cacheFolder: string;
const bundle = () => join(root, 'bundle');
const weightsFile = () => join(bundle(), WEIGHTS);

const about = {
  ...BUNDLE_FIELDS,
  attachments: { 'card.md': { role: 'document', bytes: new TextEncoder().encode('# Card') } },
} as const;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-checked-'));
});
beforeEach(async () => {
  cacheFolder = join(root, 'cache');
  await rm(bundle(), { recursive: true, force: true });
  await rm(cacheFolder, { recursive: true, force: true });
  await writeBundle(bundle(), {
    ...about,
    weights: new Map([['w', float32([LARGE], new Float32Array(LARGE))]]),
  });
  sleepOver(10_000);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => rm(root, { recursive: true }));

/** What the clock shows is that much later than the files. */
function sleepOver(millis: number): void {
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now + millis);
}

/** Opens the bundle and gives the files that were hashed. */
async function hashed(options: Parameters<typeof readBundle>[1] = {}): Promise<string[]> {
  const files = new Set<string>();
  const onProgress = (event: { type: string; file?: string }) => void files.add(event.file!);
  await (await readBundle(bundle(), { cacheFolder, onProgress, ...options })).close();
  return [...files].sort();
}

async function flipByte(): Promise<void> {
  const bytes = await readFile(weightsFile());
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(weightsFile(), bytes);
}

describe('opening a bundle', () => {
  it('hashes a large file once, small ones every time', async () => {
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
    expect(await hashed()).toEqual(['card.md']);
    expect(await hashed({ verify: true })).toEqual(['card.md', WEIGHTS]);
    expect(await hashed()).toEqual(['card.md']);
  });

  it('refuses a large file with a flipped byte, as often as it is asked', async () => {
    await flipByte();
    for (const _ of ['first', 'again']) await expect(hashed()).rejects.toThrow(`${WEIGHTS} has the hash`);
  });

  it.each([
    ['a later time stamp', async () => undefined],
    [
      'the size and time stamp of before',
      async ({ atime, mtime }: { atime: Date; mtime: Date }) => utimes(weightsFile(), atime, mtime),
    ],
  ])('hashes again what was written since, with %s', async (_, restore) => {
    await hashed();
    const before = await stat(weightsFile());
    await flipByte();
    await restore(before);
    await expect(hashed()).rejects.toThrow(`${WEIGHTS} has the hash`);
  });

  it('hashes again another file under the same name, and one for which the manifest expects another hash', async () => {
    await hashed();
    const bytes = await readFile(weightsFile());
    await rm(weightsFile());
    await writeFile(weightsFile(), bytes);
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
    const manifest = join(bundle(), 'manifest.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(
      manifest,
      text.replace(/("sha256": ?")[0-9a-f]{64}(",?\s*\}\s*\])/, `$1${'0'.repeat(64)}$2`),
    );
    await expect(hashed()).rejects.toThrow(`${WEIGHTS} has the hash`);
  });

  it('does not trust the time stamp of a file that was written a moment ago', async () => {
    sleepOver(-9_000);
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
  });

  it('hashes everything where nothing can be remembered', async () => {
    await writeFile(cacheFolder, 'a file in the way');
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
  });

  it.each(['', 'null', '[1]', '{"weights.safetensors": {}}', '\0'])(
    'takes no hash from a cache that holds %j',
    async (content) => {
      await hashed();
      const [name] = await readdir(join(cacheFolder, 'checked'));
      await writeFile(join(cacheFolder, 'checked', name!), content);
      expect(await hashed()).toEqual(['card.md', WEIGHTS]);
      expect(await hashed()).toEqual(['card.md']);
    },
  );

  it('takes no hash from a bundle of the same name in another place', async () => {
    await hashed();
    const other = join(root, 'other', 'bundle');
    await mkdir(other, { recursive: true });
    for (const name of await readdir(bundle()))
      await writeFile(join(other, name), await readFile(join(bundle(), name)));
    const files: string[] = [];
    const onProgress = (event: { type: string; file?: string }) => void files.push(event.file!);
    await (await readBundle(other, { cacheFolder, onProgress })).close();
    expect(files).toContain(WEIGHTS);
  });

  it('hashes everything where the file changed while it was hashed', async () => {
    const onProgress = (event: { type: string; file?: string }) => {
      if (event.file === WEIGHTS) void utimes(weightsFile(), 1, 1);
    };
    await (await readBundle(bundle(), { cacheFolder, onProgress })).close();
    expect(await hashed()).toEqual(['card.md', WEIGHTS]);
  });
});
