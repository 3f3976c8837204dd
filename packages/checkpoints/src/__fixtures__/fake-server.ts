import { computeSha256 } from '@crrg/core';
import { float32 } from '@crrg/tensor';
import { BUNDLE_SCHEMA, formatManifest, type BundleFileRole } from '../manifest.js';
import { encodeSafetensors } from '../safetensors.js';
import { BUNDLE_FIELDS } from './bundle-fields.js';

/** What a server answers to a request of the weights. */
export type Answer = (bytes: Uint8Array, range: number | undefined) => Response | Promise<Response>;

const part = (bytes: Uint8Array, from: number) => bytes.slice(from) as Uint8Array<ArrayBuffer>;

/** The whole file, or the range that was asked for. */
export const honest: Answer = (bytes, from) =>
  from === undefined
    ? new Response(part(bytes, 0))
    : new Response(part(bytes, from), {
        status: 206,
        headers: { 'content-range': `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}` },
      });

/** Sends up to a byte of the file and breaks. */
export const breakAt =
  (end: number): Answer =>
  async (bytes, from) => {
    const whole = await honest(bytes, from);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(from ?? 0, end)),
      pull: (controller) => controller.error(new TypeError('network error')),
    });
    return new Response(body, whole);
  };

/** A server of one bundle: what it was asked, and what it answers next. */
export interface FakeServer {
  fetch: typeof fetch;
  /** `FILE`, or `FILE from N` for a range. */
  readonly requests: string[];
  /** Answers to the next requests of the weights; honest ones after that. */
  readonly answers: Answer[];
  readonly files: Map<string, Uint8Array>;
  isOnline: boolean;
}

async function bundleOf(count: number, first: number, version: string): Promise<Map<string, Uint8Array>> {
  const weights = encodeSafetensors(
    new Map([['w', float32([count], Float32Array.from({ length: count }, (_, at) => first + at))]]),
  );
  const files = new Map([
    ['weights.safetensors', weights],
    ['vocab.txt', new TextEncoder().encode(`words of ${version}`)],
    ['CARD.md', new TextEncoder().encode('# Card')],
  ]);
  const roles: readonly BundleFileRole[] = ['weights', 'tokenizer', 'document'];
  const rows = [...files].map(async ([path, bytes], at) => ({
    path,
    role: roles[at]!,
    size: bytes.byteLength,
    sha256: await computeSha256(bytes),
  }));
  const manifest = formatManifest({
    ...BUNDLE_FIELDS,
    modelCard: 'CARD.md',
    schema: BUNDLE_SCHEMA,
    name: 'fake',
    version,
    files: await Promise.all(rows),
  });
  return files.set('manifest.json', new TextEncoder().encode(manifest));
}

/** Serves a bundle with the numbers `first`, `first + 1`, ... at any address. */
export async function createFakeServer(count = 100): Promise<
  FakeServer & { publish(first: number, version: string): Promise<void> }
> {
  const files = await bundleOf(count, 0, '1');
  const requests: string[] = [];
  const answers: Answer[] = [];
  const server = {
    requests,
    answers,
    files,
    isOnline: true,
    async publish(first: number, version: string) {
      for (const [path, bytes] of await bundleOf(count, first, version)) files.set(path, bytes);
    },
    fetch: (async (url: string, init: RequestInit = {}) => {
      if (!server.isOnline) throw new TypeError('Failed to fetch');
      init.signal?.throwIfAborted();
      const name = url.split('/').at(-1)!;
      const range = /^bytes=(\d+)-$/.exec(new Headers(init.headers).get('range') ?? '')?.[1];
      requests.push(range === undefined ? name : `${name} from ${range}`);
      const bytes = files.get(name);
      if (!bytes) return new Response('none', { status: 404 });
      const answer = name === 'weights.safetensors' ? (answers.shift() ?? honest) : honest;
      return answer(bytes, range === undefined ? undefined : Number(range));
    }) as typeof fetch,
  };
  return server;
}
