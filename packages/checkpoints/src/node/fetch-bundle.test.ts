import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError, ConfigError } from '@crrg/core';
import { float32 } from '@crrg/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBundle, verifyBundle, writeBundle } from './bundle.js';
import { fetchBundle, type FetchBundleOptions } from './fetch-bundle.js';

type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;

const WEIGHTS = 'weights.safetensors';
let root: string;
let published: string;
let server: Server;
let base: string;
let requests: string[];
/** Answers for the next requests of the weights; the honest one after that. */
let answers: Answer[];

/** An honest server: whole files, or the range that was asked for. */
const honest: Answer = (request, response, bytes) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': bytes.length - from });
  response.end(bytes.subarray(from));
};

/** Sends some bytes and drops the connection. */
const truncate =
  (count: number): Answer =>
  (request, response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, count), () => setTimeout(() => response.destroy(), 30));
  };

/** Sends some bytes and then nothing. */
const stall: Answer = (request, response, bytes) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, 50));
};

const ignoreRange: Answer = (request, response, bytes) => void response.writeHead(200).end(bytes);
const tooMuch: Answer = (request, response, bytes) =>
  void response.writeHead(200).end(Buffer.concat([bytes, bytes]));
const tooLittle: Answer = (request, response, bytes) =>
  void response.writeHead(200).end(bytes.subarray(0, 60));
const wrongBytes: Answer = (request, response, bytes) =>
  void response.writeHead(200).end(Buffer.alloc(bytes.length, 1));
const broken: Answer = (request, response) => void response.writeHead(503).end('busy');
const wrongRange: Answer = (request, response, bytes) =>
  void response.writeHead(206, { 'content-range': `bytes 0-9/${bytes.length}` }).end(bytes.subarray(0, 10));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = request.url!.split('/').at(-1)!;
  requests.push(`${name}${request.headers.range ? ` ${request.headers.range}` : ''}`);
  const bytes = await readFile(join(published, name)).catch(() => undefined);
  if (!bytes) return void response.writeHead(404).end();
  const answer = name === WEIGHTS ? (answers.shift() ?? honest) : honest;
  answer(request, response, bytes);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crrg-fetch-'));
  published = join(root, 'published');
  requests = [];
  answers = [];
  const weights = new Map([
    [
      'w',
      float32(
        [100],
        Float32Array.from({ length: 100 }, (_, i) => i),
      ),
    ],
  ]);
  const texts = {
    licence: 'CC0-1.0',
    trainingData: 'none',
    source: 'a test',
    modelCard: null,
    tokenizer: null,
  };
  await writeBundle(published, {
    name: 'tiny',
    version: '1',
    config: {},
    preprocessing: {},
    labels: [],
    thresholds: {},
    ...texts,
    weights,
  });
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

const get = (options: FetchBundleOptions = {}) =>
  fetchBundle(base, { cacheFolder: join(root, 'cache'), stallMs: 400, retryDelayMs: 5, ...options });

async function expectWhole(folder: string): Promise<void> {
  await verifyBundle(folder);
  const bundle = await readBundle(folder);
  expect((await bundle.entries.get('w')!.read()).data[99]).toBe(99);
  await bundle.close();
  expect((await readdir(join(folder, '..'))).filter((name) => /partial|lock/.test(name))).toEqual([]);
}

describe('the folder of a cached bundle', () => {
  it('is not replaced where it holds anything else', async () => {
    const folder = await get();
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, WEIGHTS), 'cut');
    const failure: unknown = await get().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toContain(
      `expected nothing but a bundle in ${folder}, got notes.txt; move it, or give another cacheFolder.`,
    );
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    await rm(join(folder, 'notes.txt'));
    await expectWhole(await get());
  });
});

describe('fetching a bundle', () => {
  it('fetches, verifies, reports progress, and asks nothing the second time', async () => {
    const loaded: number[] = [];
    const folder = await get({
      onProgress: (event) => event.type === 'weights-progress' && loaded.push(event.loaded),
    });
    await expectWhole(folder);
    const { size } = (await readBundleFile(folder))!;
    expect(loaded.at(-1)).toBe(size);
    const count = requests.length;
    expect(await get()).toBe(folder);
    expect(await get({ offline: true })).toBe(folder);
    expect(requests).toHaveLength(count);
  });

  it.each([
    ['drops the connection', [truncate(120)], `${WEIGHTS} bytes=120-`],
    ['stalls', [stall], `${WEIGHTS} bytes=50-`],
    ['sends too little', [tooLittle], `${WEIGHTS} bytes=60-`],
    ['ignores the range', [truncate(120), ignoreRange], `${WEIGHTS} bytes=120-`],
    ['answers another range', [truncate(120), wrongRange], `${WEIGHTS} bytes=120-`],
    ['sends too much', [tooMuch], WEIGHTS],
    ['sends other bytes', [wrongBytes], WEIGHTS],
    ['is busy', [broken, broken], WEIGHTS],
  ])('recovers when the server %s', async (_what, misbehaviour: Answer[], nextRequest) => {
    answers = misbehaviour;
    await expectWhole(await get());
    expect(requests).toContain(nextRequest);
    expect(requests.filter((request) => request.startsWith(WEIGHTS)).length).toBeGreaterThan(1);
  });

  it('gives up with the reason when a server never sends the right bytes', async () => {
    answers = Array.from({ length: 9 }, () => wrongBytes);
    await expect(get()).rejects.toThrow('expected the hash');
    await expect(get({ attempts: 1 })).rejects.toBeInstanceOf(CheckpointError);
  });

  it('never stores more than the manifest promises', async () => {
    answers = [tooMuch];
    await expect(get({ attempts: 1 })).rejects.toThrow('bytes, got more');
    const { size } = (await readBundleFile(published))!;
    const partial = await readdir(join(root, 'cache'), { recursive: true });
    for (const name of partial.filter((path) => path.endsWith('.part'))) {
      expect((await readFile(join(root, 'cache', name))).length).toBeLessThanOrEqual(size);
    }
  });

  it('goes on with a mirror', async () => {
    const dead = 'http://127.0.0.1:1/gone';
    const folder = await fetchBundle(dead, {
      cacheFolder: join(root, 'cache'),
      mirrors: [base],
      retryDelayMs: 5,
    });
    await expectWhole(folder);
  });

  it('builds hub addresses', async () => {
    const urls: string[] = [];
    const fake = (url: string | URL | Request) => {
      urls.push(String(url));
      return Promise.resolve(new Response('no', { status: 404 }));
    };
    const options = {
      fetch: fake as typeof fetch,
      mirrors: ['https://mirror.example'],
      attempts: 1,
      cacheFolder: root,
    };
    await expect(fetchBundle({ repo: 'owner/model', revision: 'v1' }, options)).rejects.toThrow(
      'got status 404',
    );
    expect(urls).toEqual([
      'https://huggingface.co/owner/model/resolve/v1/manifest.json',
      'https://mirror.example/owner/model/resolve/v1/manifest.json',
    ]);
  });

  it('stops on abort with its reason, keeps the part, and continues later', async () => {
    answers = [stall];
    const controller = new AbortController();
    const reason = new Error('the user left');
    const onProgress = () => controller.abort(reason);
    await expect(get({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    await expectWhole(await get());
    expect(requests).toContain(`${WEIGHTS} bytes=50-`);
  });

  it('lets two callers fetch the same bundle once', async () => {
    const [first, second] = await Promise.all([get(), get()]);
    expect(first).toBe(second);
    expect(requests.filter((request) => request === WEIGHTS)).toHaveLength(1);
    await expectWhole(first);
  });

  it('takes over the lock of a process that died', async () => {
    const folder = await get();
    await rm(folder, { recursive: true });
    await writeFile(`${folder}.lock`, '1\n');
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(`${folder}.lock`, longAgo, longAgo);
    await expectWhole(await get());
  });

  it('fetches again what was damaged in size', async () => {
    const folder = await get();
    await writeFile(join(folder, WEIGHTS), 'short');
    await expectWhole(await get());
  });

  it('accepts only the pinned manifest', async () => {
    const bundle = await readBundle(published);
    await bundle.close();
    await expect(get({ manifestSha256: '0'.repeat(64), attempts: 1 })).rejects.toThrow('check the pin');
    await expectWhole(await get({ manifestSha256: bundle.sha256 }));
  });

  it('refuses a manifest whose files would leave the folder', async () => {
    const path = join(published, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace(WEIGHTS, '../../evil'));
    await expect(get()).rejects.toThrow('files[0].path: expected a relative path');
  });

  it('refuses a bundle larger than the limit before fetching it', async () => {
    await expect(get({ maxBytes: 100 })).rejects.toThrow('raise maxBytes');
    expect(requests).toEqual(['manifest.json']);
  });

  it('refuses plain http beyond this machine, other protocols, and strange names', async () => {
    for (const address of ['http://example.org/x', 'file:///etc', 'x']) {
      await expect(fetchBundle(address)).rejects.toBeInstanceOf(ConfigError);
    }
    for (const repo of ['a', 'a/b/c', '../b', 'a/..'])
      await expect(fetchBundle({ repo })).rejects.toBeInstanceOf(ConfigError);
    await expect(fetchBundle({ repo: 'a/b', revision: '../..' })).rejects.toBeInstanceOf(ConfigError);
  });

  it('works without a network from a folder, and says what is missing', async () => {
    expect(await fetchBundle(base, { offlineFolder: published })).toBe(published);
    await writeFile(join(published, WEIGHTS), 'short');
    await expect(fetchBundle(base, { offlineFolder: published })).rejects.toThrow('bytes instead of');
    await expect(get({ offline: true })).rejects.toThrow('may not fetch');
  });
});

async function readBundleFile(folder: string) {
  return (await verifyBundle(folder)).files.find(({ path }) => path === WEIGHTS);
}
