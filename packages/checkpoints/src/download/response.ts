import { CheckpointError, shortenName, type AbortOptions, type ProgressListener } from '@crrg/core';

/** How files are fetched. */
export interface DownloadOptions extends AbortOptions {
  /** The function that a message names. */
  readonly where: string;
  readonly fetch: typeof fetch;
  readonly onProgress?: ProgressListener | undefined;
  /** Time without a byte after which an attempt is given up, in milliseconds. */
  readonly stallMs: number;
  /** What else every request says. @defaultValue nothing */
  readonly init?: RequestInit | undefined;
  /** What to do where no answer comes. @defaultValue 'check the network' */
  readonly advice?: string | undefined;
}

/** What a fetched file must be. */
export interface FileContent {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** An attempt that another mirror or a later try may repair. */
export class DownloadError extends CheckpointError {
  override name = 'DownloadError';
}

/** An address that answered with a status that is no file. */
export class StatusError extends DownloadError {
  override name = 'StatusError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The error of an attempt. */
export function refuseDownload(where: string, name: string, problem: string): DownloadError {
  return new DownloadError(`${where}: ${name}: ${problem}; check the address or try again.`);
}

/** Aborts when the caller does, or when nothing arrived for `stallMs`. */
function watchdog({ signal, stallMs, where }: DownloadOptions, name: string) {
  const controller = new AbortController();
  const stall = () =>
    controller.abort(refuseDownload(where, name, `expected data within ${stallMs} ms, got none`));
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

function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } };
  return shortenName(cause?.code ?? message ?? String(error));
}

/** The answer of an address, used; whatever the network throws, the error is one of ours. */
export async function withResponse<T>(
  url: string,
  name: string,
  headers: Record<string, string>,
  options: DownloadOptions,
  use: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const dog = watchdog(options, name);
  try {
    const response = await options.fetch(url, {
      ...options.init,
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: dog.signal,
    });
    dog.alive();
    return await use(response, dog.alive);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (dog.signal.aborted) throw dog.signal.reason;
    if (error instanceof CheckpointError) throw error;
    const advice = options.advice ?? 'check the network';
    throw new DownloadError(
      `${options.where}: ${name}: expected an answer from ${shortenName(url)}, got ${describe(error)}; ${advice}.`,
      { cause: error },
    );
  } finally {
    dog.stop();
  }
}

/** The body piece by piece as it arrives; what is not wanted any more is cancelled. */
export async function* chunksOf(response: Response, alive: () => void): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  // Safari's streams are no async iterables.
  const reader = response.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      alive();
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function refuseStatus(
  response: Response,
  where: string,
  name: string,
  url: string,
): Promise<StatusError> {
  await response.body?.cancel();
  const { message } = refuseDownload(
    where,
    name,
    `expected ${shortenName(url)}, got status ${response.status}`,
  );
  return new StatusError(response.status, message);
}

/** Chunks in one piece. */
export function joinChunks(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** A small file, such as a manifest, in memory. @throws {DownloadError} */
export function downloadBytes(
  url: string,
  name: string,
  maxBytes: number,
  options: DownloadOptions,
): Promise<Uint8Array> {
  return withResponse(url, name, {}, options, async (response, alive) => {
    if (response.status !== 200) throw await refuseStatus(response, options.where, name, url);
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    for await (const chunk of chunksOf(response, alive)) {
      loaded += chunk.byteLength;
      if (loaded > maxBytes)
        throw refuseDownload(options.where, name, `expected at most ${maxBytes} bytes, got more`);
      chunks.push(chunk);
    }
    return joinChunks(chunks, loaded);
  });
}

/** Headers that ask for a file from `start`. */
export function rangeFrom(start: number): Record<string, string> {
  return start > 0 ? { range: `bytes=${start}-` } : {};
}

/**
 * Where the body of an answer to {@link rangeFrom} belongs: `start`, or 0 where the server sends the file from the beginning. Pages see no
 * `Content-Range` of another origin that does not expose it: then the hash decides.
 * @throws {DownloadError} for any other answer
 */
export async function bodyStart(
  response: Response,
  start: number,
  { name, size }: FileContent,
  url: string,
  where: string,
): Promise<number> {
  if (response.status === 200) return 0;
  if (response.status !== 206) throw await refuseStatus(response, where, name, url);
  const given = response.headers.get('content-range');
  if (given === null && response.type === 'cors') return start;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(given ?? '');
  if (range && Number(range[1]) === start && (range[2] === '*' || Number(range[2]) === size)) return start;
  await response.body?.cancel();
  throw refuseDownload(where, name, `expected bytes from ${start} of ${size}, got "${given ?? 'no range'}"`);
}
