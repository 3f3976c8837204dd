import { mkdtemp, readdir, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32 } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedTensor } from '../torch-writer.js';
import { openCheckpointFile } from './file.js';
import { writeSafetensorsFile, writeTorchFile } from './weights-file.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'crrg-weights-'))));
afterAll(() => rm(folder, { recursive: true }));

const tensors = new Map([
  ['b.bias', float32([2], [1, 2])],
  ['a.weight', float32([1, 3], [3, 4, 5])],
]);

describe.each([
  ['torch-zip', (path: string, options = {}) => writeTorchFile(path, tensors, options)],
  ['safetensors', (path: string, options = {}) => writeSafetensorsFile(path, tensors, {}, options)],
])('a %s file', (container, write) => {
  it('has the tensors that were written, and tells of its bytes', async () => {
    const path = join(folder, container);
    const heard: unknown[] = [];
    await write(path, { onProgress: (event: unknown) => heard.push(event) });
    const checkpoint = await openCheckpointFile(path);
    expect(checkpoint.container).toBe(container);
    for (const [name, tensor] of tensors) expect(await checkpoint.entries.get(name)!.read()).toEqual(tensor);
    await checkpoint.close();
    const { loaded, total } = heard.at(-1) as { loaded: number; total: number };
    expect([heard.length, loaded]).toEqual([2, total]);
  });

  it('that is stopped leaves the earlier file and nothing else', async () => {
    const path = join(folder, `stopped-${container}`);
    await writeFile(path, 'before');
    const files = await readdir(folder);
    const controller = new AbortController();
    const stopped = write(path, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow('aborted');
    expect(await readFile(path, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(files);
  });
});

it('a safetensors file keeps stored types and strings in its header', async () => {
  const path = join(folder, 'types');
  await writeSafetensorsFile(path, new Map([['n', storedTensor('int64', [], new Uint8Array(8))]]), {
    format: 'pt',
  });
  const { entries, values, close } = await openCheckpointFile(path);
  await close();
  expect([entries.get('n')!.dtype, values.get('format')]).toEqual(['int64', 'pt']);
});
