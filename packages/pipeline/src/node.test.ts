import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBundle } from '@crrg/checkpoints/node';
import { CheckpointError, ConfigError, createRandom, type ProgressListener } from '@crrg/core';
import { initializeParameters } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partSpecs } from './models/model-part.js';
import { loadBackend, loadClassifierModel, loadModel, loadPart } from './node.js';

const TINY = path.dirname(fileURLToPath(import.meta.resolve('@crrg/model-tiny/package.json')));
const WEIGHTS = 'weights.safetensors';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-load-'));
  await cp(TINY, at('models'), { recursive: true });
  vi.stubEnv('HOME', folder);
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
}

describe.each([
  ['report model', 'weights', loadModel],
  ['classifier', 'classifier', loadClassifierModel],
] as const)('a %s', (_, name, load) => {
  it('of which one byte was flipped is refused with the name of the file', async () => {
    await load(at('models', name));
    await flipByte(at('models', name, WEIGHTS));
    const failure: unknown = await load(at('models', name)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toContain(`${WEIGHTS} has the hash`);
  });
});

describe('a part', () => {
  it('leaves its large weights in their file', async () => {
    const config = {
      part: 'detector',
      detector: {
        imageSize: 64,
        stemWidth: 4,
        planes: [4, 4, 4, 4],
        blocks: [1, 1, 1, 1],
        representationSize: 256,
      },
    };
    const weights = initializeParameters(partSpecs('detector', config), createRandom(1));
    await writeBundle(at('part'), {
      ...{
        name: 'part',
        version: '1',
        config,
        preprocessing: {},
        labels: [],
        thresholds: {},
        tokenizer: null,
      },
      ...{ licence: 'CC0-1.0', trainingData: 'none', source: 'test', modelCard: 'card.md', weights },
      attachments: { 'card.md': { role: 'document', bytes: new Uint8Array(1) } },
    });
    const part = await loadPart(at('part'));
    const inFile = [...part.weights].filter(([, { file }]) => file?.path.endsWith(WEIGHTS));
    // 64 bins of 16 channels by 256: a MiB.
    expect(inFile.map(([name]) => name)).toEqual(['detector.boxHead.fc6.weight']);
    expect(inFile[0]![1].data).toEqual(weights.get(inFile[0]![0])!.data);
  });
});

describe('a backend', () => {
  it.each(['cuda', 'constructor', 'toString', '__proto__'])('is not called %s', async (name) => {
    const failure: unknown = await loadBackend(name as 'onnx').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toContain(`got "${name}"; choose one.`);
  });
});

describe('verify', () => {
  it('hashes a large file also where it did not change since the last time', async () => {
    const hashes = async (verify?: boolean) => {
      let count = 0;
      const onProgress: ProgressListener = (event) => {
        if (event.type === 'weights-progress' && event.file === WEIGHTS && event.loaded === event.total)
          count++;
      };
      await loadModel(at('models', 'weights'), { verify, onProgress });
      return count;
    };
    expect(await hashes()).toBe(1);
    expect(await hashes()).toBe(0);
    expect(await hashes(true)).toBe(1);
  });
});
