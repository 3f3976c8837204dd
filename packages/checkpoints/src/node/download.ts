import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CheckpointError, type ProgressListener } from '@crrg/core';
import { syncFolder, writeFully } from '@crrg/core/node';

/** How one file is fetched. */
export interface DownloadOptions {
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
  /** Time without a byte after which an attempt is given up, in milliseconds. */
  readonly stallMs: number;
}

/** What the file must be. */
export interface DownloadTarget {
  readonly name: string;
  /** Final path; while loading, the bytes lie beside it under a name with the hash. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** An attempt that another mirror or a later try may repair. */
export class DownloadError extends CheckpointError {
  override name = 'DownloadError';
}

function refuse(name: string, problem: string): DownloadError {
  return new DownloadError(`checkpoints.fetchBundle: ${name}: ${problem}; check the address or try again.`);
}

/** Aborts when the caller does, or when nothing arrived for `stallMs`. */
function watchdog(signal: AbortSignal | undefined, stallMs: number, name: string) {
  const controller = new AbortController();
  const stall = () => controller.abort(refuse(name, `expected data within ${stallMs} ms, got none`));
  let timer = setTimeout(stall, stallMs);
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(timer);
      timer = setTimeout(stall, stallMs);
    },
    stop: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** A response body that ends with an error of ours, whatever the network throws. */
async function withResponse<T>(
  url: string,
  name: string,
  headers: Record<string, string>,
  options: Pick<DownloadOptions, 'fetch' | 'signal' | 'stallMs'>,
  use: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const dog = watchdog(options.signal, options.stallMs, name);
  try {
    const response = await options.fetch(url, {
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: dog.signal,
    });
    dog.alive();
    return await use(response, dog.alive);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (dog.signal.aborted) throw dog.signal.reason;
    if (error instanceof CheckpointError) throw error;
    throw new DownloadError(
      `checkpoints.fetchBundle: ${name}: expected an answer from ${url}, got ${describe(error)}; check the network.`,
      { cause: error },
    );
  } finally {
    dog.stop();
  }
}

function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } };
  return cause?.code ?? message ?? String(error);
}

async function* chunksOf(response: Response, alive: () => void): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    alive();
    yield chunk;
  }
}

/** A small file, such as a manifest, in memory. @throws {DownloadError} */
export function downloadBytes(
  url: string,
  name: string,
  maxBytes: number,
  options: DownloadOptions,
): Promise<Uint8Array> {
  return withResponse(url, name, {}, options, async (response, alive) => {
    if (response.status !== 200) throw await refuseStatus(response, name, url);
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    for await (const chunk of chunksOf(response, alive)) {
      loaded += chunk.byteLength;
      if (loaded > maxBytes) throw refuse(name, `expected at most ${maxBytes} bytes, got more`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  });
}

async function refuseStatus(response: Response, name: string, url: string): Promise<DownloadError> {
  await response.body?.cancel();
  return refuse(name, `expected ${url}, got status ${response.status}`);
}

async function sizeOfFile(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Where the body of an answer to `Range: bytes=start-` belongs: `start`, or 0 where the server sends the file from the beginning. */
async function bodyStart(
  response: Response,
  start: number,
  { name, size }: DownloadTarget,
  url: string,
): Promise<number> {
  if (response.status === 200) return 0;
  if (response.status !== 206) throw await refuseStatus(response, name, url);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const isRight = range && Number(range[1]) === start && (range[2] === '*' || Number(range[2]) === size);
  if (isRight) return start;
  await response.body?.cancel();
  throw refuse(
    name,
    `expected bytes from ${start} of ${size}, got "${response.headers.get('content-range') ?? 'no range'}"`,
  );
}

async function hashPart(path: string, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
}

async function appendBody(
  response: Response,
  start: number,
  handle: FileHandle,
  target: DownloadTarget,
  options: DownloadOptions,
  alive: () => void,
) {
  let loaded = start;
  for await (const chunk of chunksOf(response, alive)) {
    if (loaded + chunk.byteLength > target.size)
      throw refuse(target.name, `expected ${target.size} bytes, got more`);
    await writeFully(handle, chunk);
    loaded += chunk.byteLength;
    options.onProgress?.({ type: 'weights-progress', file: target.name, loaded, total: target.size });
  }
  await handle.sync();
  if (loaded < target.size) throw refuse(target.name, `expected ${target.size} bytes, got ${loaded}`);
}

/** Continues the partial file from one address. What arrived stays for the next attempt, unless it is too long. */
async function continuePart(
  url: string,
  part: string,
  target: DownloadTarget,
  options: DownloadOptions,
): Promise<void> {
  const have = await sizeOfFile(part);
  if (have === target.size) return;
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  await withResponse(url, target.name, headers, options, async (response, alive) => {
    const start = await bodyStart(response, have, target, url);
    const handle = await open(part, start === 0 ? 'w' : 'a');
    try {
      await appendBody(response, start, handle, target, options, alive);
    } finally {
      await handle.close();
    }
  });
}

/**
 * Fetches one file from one address: continues a partial one where the server can, checks length and hash, and renames it to its
 * place. A partial file survives an error; one with the wrong content does not.
 * @throws {DownloadError}
 */
export async function downloadFile(
  url: string,
  target: DownloadTarget,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(dirname(target.path), { recursive: true });
  const part = `${target.path}.${target.sha256.slice(0, 16)}.part`;
  if ((await sizeOfFile(part)) > target.size) await rm(part);
  await continuePart(url, part, target, options);
  const hash = createHash('sha256');
  await hashPart(part, hash);
  const sha256 = hash.digest('hex');
  if (sha256 !== target.sha256) {
    await rm(part);
    throw refuse(target.name, `expected the hash ${target.sha256}, got ${sha256}`);
  }
  await rename(part, target.path);
  await syncFolder(dirname(target.path));
}
