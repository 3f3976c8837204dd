import { BackendError, ConfigError } from '@crrg/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createReportPipeline } from '../browser.js';
import type { BrowserWorker } from './thread-browser.js';

afterEach(() => vi.unstubAllGlobals());

/** A worker that a test speaks for. */
function fakeWorker() {
  const listeners = new Map<string, (event: object) => void>();
  const preventDefault = vi.fn();
  const terminate = vi.fn();
  const posted: object[] = [];
  const worker = {
    postMessage: (message: object) => void posted.push(message),
    addEventListener: (type: string, listener: (event: object) => void) => void listeners.set(type, listener),
    terminate,
  } as BrowserWorker;
  const say = (type: string, event: object = {}) => listeners.get(type)!({ preventDefault, ...event });
  return { worker, say, posted, terminate, preventDefault };
}

const MODEL = 'https://models.example/tiny/';
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a worker of a page', () => {
  it.each([
    ['error', { message: 'Uncaught Error: boom' }, /ended \(error: Uncaught Error: boom\)/],
    ['error', {}, /ended \(its script could not be loaded; serve report-worker-browser\.js/],
    ['messageerror', {}, /ended \(an answer was lost on its way\)/],
  ])('that meets an %s is ended, and who waits hears why', async (type, event, why) => {
    const { worker, say, terminate } = fakeWorker();
    const opening = createReportPipeline({ model: MODEL, worker: () => worker });
    opening.catch(() => undefined);
    await settled();
    say(type, event);
    await expect(opening).rejects.toThrow(why);
    await expect(opening).rejects.toBeInstanceOf(BackendError);
    expect(terminate).toHaveBeenCalled();
  });

  it('is told what an address means in its page, once it is ready, and terminated at once', async () => {
    vi.stubGlobal('location', { href: 'https://app.example/reader/index.html' });
    const { worker, say, posted, terminate } = fakeWorker();
    const opening = createReportPipeline({ model: '/models/a/', wasmPaths: 'ort/', worker: () => worker });
    await settled();
    expect(posted).toEqual([]);
    say('message', { data: { type: 'ready', protocol: 'crrg/worker/1' } });
    expect(posted).toMatchObject([
      {
        type: 'call',
        method: 'open',
        args: [
          'report',
          {
            fields: { model: 'https://app.example/models/a/', wasmPaths: 'https://app.example/reader/ort/' },
          },
        ],
      },
    ]);
    say('message', { data: { type: 'result', id: 1, value: { name: 'fake' } } });
    const pipeline = await opening;
    pipeline.dispose();
    expect([terminate.mock.calls.length, posted.length]).toEqual([1, 1]);
  });

  it('is refused where there are none', async () => {
    vi.stubGlobal('Worker', undefined);
    const opening = createReportPipeline({ model: MODEL, worker: true });
    await expect(opening).rejects.toThrow('expected a page or worker that can start a Worker, got none');
    await expect(opening).rejects.toBeInstanceOf(ConfigError);
  });
});
