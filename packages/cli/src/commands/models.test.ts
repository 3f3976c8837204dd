import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeLock } from '@crrg/core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MICRO_HINTS, microTensors, writeMicroCheckpoint } from '../__fixtures__/micro-checkpoint.js';
import { run } from '../__fixtures__/run.js';

let folder: string;
let checkpoint: string;
let bundle: string;
const inFolder = (name: string) => path.join(folder, name);
const importMicro = (out: string, ...more: string[]) =>
  run(['models', 'import', checkpoint, '--out', out, '--config', inFolder('config-hints.json'), ...more]);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-models-'));
  checkpoint = await writeMicroCheckpoint(folder);
  bundle = inFolder('bundle');
  expect(await importMicro(bundle)).toMatchObject({ code: 0, stderr: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg models import', () => {
  it('turns a checkpoint under the names of the reference into a report model', async () => {
    const { code, stdout } = await run(['models', 'verify', bundle]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^micro 1: report model; 3 files and \d+ tensors are as they should be\n$/);
  });

  it('tells sizes from the tensors and takes the rest from --config', async () => {
    const { stdout } = await run(['models', 'info', bundle, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      config: {
        detector: { imageSize: 64, stemWidth: 4, planes: [4, 4, 4, 4], regionFeatureDim: 8 },
        regionSelector: { inputDim: 8, hidden: [8, 4] },
        reportGen: { numLayers: 1, width: 8, numPositions: 8, positionTable: 'position' },
      },
      preprocessing: { size: 64 },
      tokenizer: { kind: 'byte-bpe' },
    });
  });

  it('says which values it had to assume', async () => {
    const { detector, reportGen } = MICRO_HINTS;
    const hints = await jsonFile('few-hints.json', {
      detector: { anchors: detector.anchors },
      reportGen: { positionTable: reportGen.positionTable },
    });
    const { code, stderr } = await run([
      ...['models', 'import', checkpoint, '--out', inFolder('assumed'), '--config', hints],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'not in the file, assumed: detector.imageSize 512; reportGen.numHeads 1; set with --config',
    );
  });

  it('lists missing and unknown tensors together and writes nothing', async () => {
    const tensors = microTensors();
    const fc6 = tensors.get('object_detector.roi_heads.box_head.fc6.weight')!;
    tensors.delete('object_detector.roi_heads.box_head.fc7.weight');
    tensors.set('surprise.weight', fc6);
    await mkdir(inFolder('odd'), { recursive: true });
    const odd = await writeMicroCheckpoint(inFolder('odd'), tensors);
    const { code, stdout, stderr } = await run(['models', 'import', odd, '--out', inFolder('none')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('surprise.weight');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    await expect(readFile(inFolder('none/manifest.json'))).rejects.toThrow('ENOENT');
  });

  it('refuses the tokenizer of another model, a file of no known layout, and half a tokenizer', async () => {
    await writeFile(inFolder('other-vocab.json'), JSON.stringify({ a: 0, '<|endoftext|>': 1 }));
    await writeFile(inFolder('other-merges.txt'), '');
    const other = await importMicro(
      inFolder('none'),
      ...['--vocab', inFolder('other-vocab.json'), '--merges', inFolder('other-merges.txt')],
    );
    expect(other.code).toBe(1);
    const half = await importMicro(inFolder('none'), '--vocab', inFolder('vocab.json'));
    expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining('--merges') as string });
    const unknown = await run(['models', 'import', inFolder('vocab.json'), '--out', inFolder('none')]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('crrg models import --out', () => {
  const listing = async () => {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    return Promise.all(files.sort().map(async (file) => [file, (await readFile(file)).toString('base64')]));
  };
  async function expectRefusal(out: string, reason: string, ...more: string[]): Promise<void> {
    const before = await listing();
    const { code, stdout, stderr } = await importMicro(out, ...more);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`crrg: --out: expected a ${reason}`);
    expect(await listing()).toEqual(before);
  }

  it('never writes into a folder that holds anything but a bundle', async () => {
    const own = inFolder('own');
    await mkdir(own);
    await writeFile(path.join(own, 'weights.safetensors'), 'mine');
    await expectRefusal(own, `new folder or a bundle alone, got ${own}, which holds weights.safetensors;`);
    await writeFile(path.join(own, 'manifest.json'), '{}');
    await expectRefusal(own, `new folder or a bundle alone, got ${own}, which holds manifest.json;`);
    await expectRefusal(path.join(own, 'manifest.json'), 'folder, got');
  });

  it('never writes over its source, by whatever name', async () => {
    await expectRefusal(folder, `folder without the input ${checkpoint}`);
    const [source, link] = [inFolder('source'), inFolder('link')];
    expect(await importMicro(source)).toMatchObject({ code: 0 });
    await symlink(source, link);
    const inside = path.join(source, 'weights.safetensors');
    for (const out of [source, `${source}/../source`, link]) {
      const before = await listing();
      expect((await run(['models', 'import', inside, '--out', out])).code).toBe(2);
      expect((await run(['models', 'import', source, '--out', out])).code).toBe(2);
      expect(await listing()).toEqual(before);
    }
    const vocab = ['--vocab', path.join(source, 'vocab.json'), '--merges', inFolder('merges.txt')];
    await expectRefusal(source, 'folder without the input', ...vocab);
  });

  it('replaces an earlier bundle, but keeps it where the import fails', async () => {
    const out = inFolder('again');
    expect(await importMicro(out, '--name', 'first')).toMatchObject({ code: 0 });
    const odd = inFolder('no-weights.pt');
    await writeFile(odd, 'text');
    expect((await run(['models', 'import', odd, '--out', out])).code).toBe(1);
    expect((await run(['models', 'verify', out])).stdout).toContain('first 1: report model');
    expect(await importMicro(out, '--name', 'second')).toMatchObject({ code: 0 });
    expect((await run(['models', 'verify', out])).stdout).toContain('second 1: report model');
  });

  it('belongs to one run at a time', async () => {
    const lock = (await takeLock(`${inFolder('shared')}.lock`))!;
    await expectRefusal(inFolder('shared'), 'folder that no other run writes, got one with the lock');
    await lock.release();
    expect(await importMicro(inFolder('shared'))).toMatchObject({ code: 0 });
    expect((await readdir(folder)).filter((name) => name.includes('lock'))).toEqual([]);
  });

  it('that cannot be written is named', async () => {
    const out = path.join(inFolder('vocab.json'), 'bundle');
    expect(await importMicro(out)).toMatchObject({
      code: 1,
      stderr: `crrg: ${out}: cannot be written: a part of its path is no folder\n`,
    });
  });
});

describe('crrg models verify', () => {
  it('finds a changed byte', async () => {
    const copy = inFolder('changed');
    await mkdir(copy);
    for (const name of ['manifest.json', 'vocab.json', 'merges.txt', 'weights.safetensors'])
      await copyFile(path.join(bundle, name), path.join(copy, name));
    const weights = await readFile(path.join(copy, 'weights.safetensors'));
    weights[weights.length - 1]! ^= 1;
    await writeFile(path.join(copy, 'weights.safetensors'), weights);
    const { code, stdout, stderr } = await run(['models', 'verify', copy]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('weights.safetensors');
  });
});

describe('crrg models fetch', () => {
  let server: Server;
  let address: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = path.join(bundle, path.basename(request.url!));
      createReadStream(file)
        .on('error', () => response.writeHead(404).end())
        .pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bundle/`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('keeps a copy that verifies and prints where it is', async () => {
    const { code, stdout } = await run(['models', 'fetch', address, '--cache', inFolder('cache')]);
    expect(code).toBe(0);
    expect(stdout.trim().startsWith(inFolder('cache'))).toBe(true);
    expect((await run(['models', 'verify', stdout.trim()])).code).toBe(0);
  });

  it('refuses a manifest with another hash than the one asked for', async () => {
    const { code, stderr } = await run([
      ...['models', 'fetch', address, '--cache', inFolder('cache-2'), '--sha256', '0'.repeat(64)],
    ]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

async function jsonFile(name: string, value: unknown): Promise<string> {
  await writeFile(inFolder(name), JSON.stringify(value));
  return inFolder(name);
}
