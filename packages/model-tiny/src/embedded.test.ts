import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { encodeBundle } from '../tools/embed-bundle.js';
import { decodeFiles } from './embedded/decode.js';

const ROOT = path.join(import.meta.dirname, '..');

it.each([
  ['weights', ['manifest.json', 'merges.txt', 'vocab.json', 'weights.safetensors']],
  ['classifier', ['manifest.json', 'vocab.txt', 'weights.safetensors']],
])('%s as code holds the manifest and every file but documents, byte for byte', async (model, expected) => {
  const files = decodeFiles(await encodeBundle(path.join(ROOT, model)));
  expect([...files.keys()].sort()).toEqual(expected);
  for (const [file, bytes] of files)
    expect(Buffer.compare(bytes, readFileSync(path.join(ROOT, model, file))), file).toBe(0);
});
