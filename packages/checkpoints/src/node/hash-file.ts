import { createHash } from 'node:crypto';
import { on } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { AbortOptions, ProgressListener } from '@crrg/core';

/** Options of the calls that pass over whole files. */
export interface BundleProgressOptions extends AbortOptions {
  readonly onProgress?: ProgressListener | undefined;
}

/** Bytes from which a file is worth a thread of its own, so that several are hashed at once. */
const LEAST_APART = 2 ** 25;

const TOLD_BYTES = 2 ** 24;

/** What the thread runs. Text, not a file, which bundlers of servers would leave behind. */
const THREAD = `
const { createHash } = require('node:crypto');
const { openSync, readSync } = require('node:fs');
const { parentPort, workerData: path } = require('node:worker_threads');
const hash = createHash('sha256');
const buffer = Buffer.alloc(${TOLD_BYTES});
const file = openSync(path, 'r');
let loaded = 0;
for (let bytes; (bytes = readSync(file, buffer)) > 0; ) {
  hash.update(buffer.subarray(0, bytes));
  parentPort.postMessage({ loaded: (loaded += bytes) });
}
parentPort.postMessage({ sha256: hash.digest('hex') });
`;

type Answer = { readonly loaded: number } | { readonly sha256: string };

async function hashOnThread(
  path: string,
  onLoaded: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const thread = new Worker(THREAD, { eval: true, workerData: path, execArgv: [] });
  const stop = () => void thread.terminate();
  signal?.addEventListener('abort', stop);
  try {
    for await (const [answer] of on(thread, 'message', { close: ['exit'] }) as AsyncIterable<[Answer]>) {
      if ('sha256' in answer) return answer.sha256;
      onLoaded(answer.loaded);
    }
    throw new Error('the thread ended');
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

async function hashHere(
  path: string,
  onLoaded: (loaded: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  let loaded = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(chunk);
    onLoaded((loaded += chunk.byteLength));
  }
  return hash.digest('hex');
}

/** SHA-256 of a file in lower-case hexadecimal. Large files are hashed on a thread. */
export async function hashFile(
  path: string,
  name = path,
  { signal, onProgress }: BundleProgressOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  const { size: total } = await stat(path);
  const tell = (loaded: number) => onProgress?.({ type: 'weights-progress', file: name, loaded, total });
  if (total < LEAST_APART) return hashHere(path, tell, signal);
  return hashOnThread(path, tell, signal).catch(() => {
    signal?.throwIfAborted();
    return hashHere(path, tell, signal); // Where threads are forbidden; what is wrong with the file shows here, too.
  });
}
