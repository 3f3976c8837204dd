import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32 } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLE_FIELDS } from '../__fixtures__/bundle-fields.js';
import { findForeignFile } from './bundle-folder.js';
import { writeBundle } from './bundle.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'crrg-folder-'))));
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, content = '') => writeFile(join(folder, name), content);
const writeOurs = () =>
  writeBundle(folder, {
    ...BUNDLE_FIELDS,
    modelCard: 'docs/card.md',
    weights: new Map([['w', float32([1], [1])]]),
    attachments: { 'docs/card.md': { role: 'document', bytes: new Uint8Array(3) } },
  });

describe('a foreign file', () => {
  it('is not in a folder that is absent, empty or a bundle alone', async () => {
    expect(await findForeignFile(join(folder, 'absent'))).toBeUndefined();
    expect(await findForeignFile(folder)).toBeUndefined();
    await writeOurs();
    expect(await findForeignFile(folder)).toBeUndefined();
  });

  it.each(['a.txt', '.hidden', 'weights.safetensors.bak', 'docs/notes.md', 'deep/er/x', 'x.tmp'])(
    'is %s beside a bundle',
    async (name) => {
      await writeOurs();
      await mkdir(join(folder, name, '..'), { recursive: true });
      await write(name);
      expect(await findForeignFile(folder)).toBe(name);
    },
  );

  it('is any file where no manifest of ours says what it is', async () => {
    await write('weights.safetensors');
    expect(await findForeignFile(folder)).toBe('weights.safetensors');
    await write('manifest.json', '{"name": "an extension", "manifest_version": 3}');
    expect(await findForeignFile(folder)).toBe('manifest.json');
  });

  it('is not what a stopped run of ours left', async () => {
    await writeOurs();
    await write('weights.safetensors.0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f.tmp');
    expect(await findForeignFile(folder)).toBeUndefined();
  });

  it('cannot be looked for in a file', async () => {
    await write('a');
    await expect(findForeignFile(join(folder, 'a'))).rejects.toThrow('ENOTDIR');
  });
});
