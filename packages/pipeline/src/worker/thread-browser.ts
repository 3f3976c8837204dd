import { ConfigError } from '@crrg/core';
import { givenWorker } from './given-worker.js';
import type { Answer, Thread } from './messages.js';

/** What is used of a `Worker` of a page. */
export interface BrowserWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  terminate(): void;
}

/** The address is written out, so that bundlers find the script and what it imports. */
function ownWorker(): BrowserWorker {
  if (typeof Worker === 'function')
    return new Worker(new URL('./report-worker-browser.js', import.meta.url), { type: 'module' });
  throw new ConfigError(
    'pipeline.worker: expected a page or worker that can start a Worker, got none; leave worker out.',
  );
}

function whyItEnded({ message }: ErrorEvent): string {
  return message
    ? `error: ${message}`
    : 'its script could not be loaded; serve report-worker-browser.js of @crrg/pipeline beside the bundle, or pass worker: () => new Worker(...) with a script that imports @crrg/pipeline/worker';
}

/** Starts a worker of this page. @throws {ConfigError} where it has none */
export function startBrowserThread(given: true | (() => BrowserWorker)): Thread {
  const worker = givenWorker<BrowserWorker>(given, ownWorker);
  let why: string | undefined;
  let tell: (why: string) => void = () => {};
  const end = (reason: string) => {
    why ??= reason;
    worker.terminate();
    tell(why);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    end(whyItEnded(event));
  });
  worker.addEventListener('messageerror', () => end('an answer was lost on its way'));
  return {
    endsSafely: true,
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen: (listener) => worker.addEventListener('message', ({ data }) => listener(data as Answer)),
    onEnd: (listener) => (tell = listener),
    keepAlive: () => {},
    terminate: () => worker.terminate(),
  };
}
