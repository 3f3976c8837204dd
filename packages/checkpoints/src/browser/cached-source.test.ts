import { CheckpointError } from '@crrg/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openBundle } from '../bundle.js';
import { createFakeCaches, type FakeCaches } from '../__fixtures__/fake-caches.js';
import { breakAt, createFakeServer, honest, type Answer } from '../__fixtures__/fake-server.js';
import { cachedSource, type CachedSourceOptions } from './cached-source.js';
import { clearModelCache, listCachedModels } from './model-cache.js';

const ADDRESS = 'https://example.org/models/fake';
const WEIGHTS = 'weights.safetensors';
/** The file of 472 bytes has four pieces. */
const PIECE = 128;

let server: Awaited<ReturnType<typeof createFakeServer>>;
let caches: FakeCaches;
let warnings: string[];

beforeEach(async () => {
  server = await createFakeServer();
  caches = createFakeCaches();
  warnings = [];
});

/** A visit of the page: the numbers of the model. */
async function visit(options: CachedSourceOptions = {}): Promise<number[]> {
  const source = cachedSource(ADDRESS, {
    fetch: server.fetch,
    caches,
    pieceBytes: PIECE,
    retryDelayMs: 1,
    stallMs: 200,
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  const bundle = await openBundle(source);
  const { data } = await bundle.entries.get('w')!.read();
  await bundle.readFile('vocab.txt');
  await bundle.close();
  return [...(data as Float32Array)];
}

const NUMBERS = Array.from({ length: 100 }, (_, at) => at);
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => new Error('nothing failed'),
    (error: unknown) => error as Error,
  );
const pieceKeys = () => [...caches.entries.keys()].filter((key) => key.includes('bytes='));
const weightRequests = () => server.requests.filter((request) => request.startsWith(WEIGHTS));

describe('a model that was opened before', () => {
  it('is not fetched again: only its manifest is asked for', async () => {
    expect(await visit()).toEqual(NUMBERS);
    expect(server.requests).toEqual(['manifest.json', WEIGHTS, 'vocab.txt']);
    server.requests.length = 0;
    expect(await visit()).toEqual(NUMBERS);
    expect(server.requests).toEqual(['manifest.json']);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['there is no network', () => (server.isOnline = false), 'got Failed to fetch'],
    ['a gateway is down', () => (server.fetch = async () => new Response('', { status: 502 })), 'status 502'],
    [
      'a portal answers in its place',
      () => (server.fetch = async () => new Response('<html>')),
      'expected JSON',
    ],
    ['nothing answers', () => (server.fetch = hanging), 'expected data within'],
  ] as [string, () => void, string][])('opens where %s, and says so', async (_what, breakNetwork, reason) => {
    await visit();
    breakNetwork();
    expect(await visit({ stallMs: 30 })).toEqual(NUMBERS);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(reason);
    expect(warnings[0]).toContain('The model that this browser kept is used.');
  });

  it('does not open where the server says that it is gone', async () => {
    await visit();
    server.files.delete('manifest.json');
    expect((await failureOf(visit({ attempts: 1 }))).message).toContain('got status 404');
  });

  it('whose server has a new one is fetched, and the old one removed', async () => {
    await visit();
    const old = pieceKeys();
    await server.publish(1000, '2');
    expect((await visit())[0]).toBe(1000);
    expect(pieceKeys().filter((key) => old.includes(key))).toEqual([]);
    expect((await listCachedModels({ caches }))[0]!.version).toBe('2');
  });

  it('still opens without a network while a new one is not whole', async () => {
    await visit();
    await server.publish(1000, '2');
    server.answers.push(breakAt(200));
    expect((await failureOf(visit({ attempts: 1 }))).message).toContain('network error');
    server.isOnline = false;
    expect(await visit()).toEqual(NUMBERS);
  });

  it('still opens without a network while a new one lacks its tokenizer', async () => {
    await visit();
    await server.publish(1000, '2');
    server.files.delete('vocab.txt');
    expect((await failureOf(visit({ attempts: 1 }))).message).toContain('got status 404');
    server.isOnline = false;
    expect(await visit()).toEqual(NUMBERS);
  });

  it('is repaired where a piece is damaged or gone', async () => {
    await visit();
    server.requests.length = 0;
    const [first, second, third] = pieceKeys();
    caches.entries.get(second!)![5]! ^= 1;
    caches.entries.delete(third!);
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests()).toEqual([`${WEIGHTS} from 128`, `${WEIGHTS} from 256`]);
    expect(warnings[0]).toContain(`kept bytes of ${WEIGHTS} from 128, got damaged ones`);
    expect(warnings[1]).toContain('from 256, got none');
    expect(pieceKeys()).toContain(first);
    server.requests.length = 0;
    await visit();
    expect(weightRequests()).toEqual([]);
  });
});

/** Never answers. */
const hanging = ((_url: string, { signal }: RequestInit) =>
  new Promise((_resolve, reject) => {
    signal!.addEventListener('abort', () => reject(signal!.reason as Error));
  })) as typeof fetch;

const ignoreRange: Answer = (bytes) => honest(bytes, undefined);
const ofAnotherOrigin: Answer = async (bytes, from) => {
  const { body } = await honest(bytes, from);
  const response = new Response(body, { status: 206 });
  return Object.defineProperty(response, 'type', { value: 'cors' });
};

describe('an interrupted visit', () => {
  it.each([
    ['knows ranges', honest],
    ['ignores ranges', ignoreRange],
    ['shows no Content-Range, being of another origin', ofAnotherOrigin],
  ])('goes on after its last whole piece, from a server that %s', async (_what, answer) => {
    server.answers.push(breakAt(300), answer);
    expect((await failureOf(visit({ attempts: 1 }))).message).toContain('network error');
    expect(pieceKeys()).toHaveLength(2);
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests()).toEqual([WEIGHTS, `${WEIGHTS} from 256`]);
  });

  it('fetches the hole that it finds, and no piece that it has', async () => {
    server.answers.push(breakAt(400));
    await failureOf(visit({ attempts: 1 }));
    caches.entries.delete(pieceKeys()[0]!);
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests()).toEqual([WEIGHTS, WEIGHTS, `${WEIGHTS} from 384`]);
  });

  it('tells its progress from what was there to the end', async () => {
    server.answers.push(breakAt(300));
    await failureOf(visit({ attempts: 1 }));
    const loaded: number[] = [];
    await visit({
      onProgress: (event) =>
        event.type === 'weights-progress' && event.file === WEIGHTS && loaded.push(event.loaded),
    });
    expect(loaded[0]).toBeGreaterThan(256);
    expect(loaded.at(-1)).toBe(server.files.get(WEIGHTS)!.byteLength);
  });

  it('starts again where what was there is not of this file', async () => {
    server.answers.push(breakAt(300));
    await failureOf(visit({ attempts: 1 }));
    caches.entries.get(pieceKeys()[0]!)![60]! ^= 1;
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests().slice(1)).toEqual([`${WEIGHTS} from 256`, WEIGHTS]);
  });

  it('by the signal keeps its pieces and throws its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('the user left');
    server.answers.push(async (bytes) => {
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => stream.enqueue(bytes.slice(0, 300)),
        pull: (stream) => {
          controller.abort(reason);
          stream.error(reason);
        },
      });
      return new Response(body);
    });
    expect(await failureOf(visit({ signal: controller.signal }))).toBe(reason);
    expect(pieceKeys()).toHaveLength(2);
  });
});

describe('a server', () => {
  it('that never sends the right bytes is refused with the hash, and nothing is kept', async () => {
    server.answers.push(...Array.from({ length: 3 }, () => () => new Response(new Uint8Array(472))));
    const failure = await failureOf(visit());
    expect(failure).toBeInstanceOf(CheckpointError);
    expect(failure.message).toMatch(/weights\.safetensors: expected the hash [0-9a-f]{64}, got [0-9a-f]{64}/);
    expect(caches.entries.size).toBe(0);
  });

  it('that breaks off is asked again for the rest', async () => {
    server.answers.push(breakAt(140), breakAt(270));
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests()).toEqual([WEIGHTS, `${WEIGHTS} from 128`, `${WEIGHTS} from 256`]);
  });
});

describe('a browser', () => {
  it.each([200, 530])(
    'with room for %i bytes uses the model without keeping it, and says so',
    async (quota) => {
      caches.quota = quota;
      expect(await visit()).toEqual(NUMBERS);
      expect(weightRequests()).toEqual([WEIGHTS]);
      expect(warnings[0]).toContain(`expected room to keep ${WEIGHTS}, got "Quota exceeded."`);
      expect(await visit()).toEqual(NUMBERS);
      expect(weightRequests()).toEqual(quota < 472 ? [WEIGHTS, WEIGHTS] : [WEIGHTS]);
    },
  );

  it.each([
    ['has no cache', {}],
    ['refuses its cache', { caches: { open: () => Promise.reject(new Error('denied')) } }],
  ])('that %s fetches the model at every visit, and says so', async (_what, place) => {
    const { caches: none } = { caches: undefined, ...place };
    for (let times = 0; times < 2; times++)
      expect(await visit({ caches: none as unknown as CacheStorage })).toEqual(NUMBERS);
    expect(weightRequests()).toEqual([WEIGHTS, WEIGHTS]);
    expect(warnings[0]).toContain('the model is fetched at every visit');
  });

  it('lets one tab at a time fetch a model', async () => {
    let turn: Promise<unknown> = Promise.resolve();
    const names: string[] = [];
    const request = (name: string, _options: object, work: () => Promise<unknown>) => {
      names.push(name);
      return (turn = turn.then(work));
    };
    vi.stubGlobal('navigator', { locks: { request } });
    const tabs = await Promise.all([visit(), visit()]).finally(() => vi.unstubAllGlobals());
    expect(tabs).toEqual([NUMBERS, NUMBERS]);
    expect(weightRequests()).toEqual([WEIGHTS]);
    expect(new Set(names)).toEqual(new Set([`crrg-model ${ADDRESS}/`]));
  });
});

describe('the kept models', () => {
  it('are listed with their bytes, also unfinished ones', async () => {
    const { byteLength } = server.files.get(WEIGHTS)!;
    server.answers.push(breakAt(300));
    await failureOf(visit({ attempts: 1 }));
    expect(await listCachedModels({ caches })).toEqual([
      { address: `${ADDRESS}/`, bytes: 256, name: undefined, version: undefined },
    ]);
    await visit();
    const bytes = byteLength + server.files.get('vocab.txt')!.byteLength;
    expect(await listCachedModels({ caches })).toEqual([
      { address: `${ADDRESS}/`, bytes, name: 'fake', version: '1' },
    ]);
  });

  it('are removed by address, or all', async () => {
    await visit();
    expect(await clearModelCache('https://example.org/other', { caches })).toBe(0);
    expect(await visit()).toEqual(NUMBERS);
    expect(weightRequests()).toHaveLength(1);
    expect(await clearModelCache(ADDRESS, { caches })).toBeGreaterThan(400);
    expect(caches.entries.size).toBe(0);
    await visit();
    expect(await clearModelCache(undefined, { caches })).toBeGreaterThan(400);
    expect(await listCachedModels({ caches })).toEqual([]);
  });
});
