import { BackendError, BusyError, ConfigError, DisposedError } from '@crrg/core';
import { greyImage } from '@crrg/image';
import { describe, expect, it, vi } from 'vitest';
import { collect } from '../__fixtures__/streams.js';
import { openPool, poolSettings } from './pool.js';
import type { WorkerPipeline } from './worker-pipeline.js';

const FILM = greyImage(64, 64, new Uint8Array(64 * 64));

interface FakeCall {
  finish(text: string): void;
  fail(error: Error): void;
  readonly signal: AbortSignal | undefined;
}

/** Workers whose calls end when a test says so. `calls` are in the order of their starts. */
function fakeWorkers() {
  const calls: FakeCall[] = [];
  const crashes: ((why: string) => void)[] = [];
  const log = { opened: 0, disposed: 0, failing: [] as Error[] };
  const start = async (): Promise<WorkerPipeline<typeof FILM>> => {
    const failure = log.failing.shift();
    if (failure) throw failure;
    log.opened++;
    const running = new Set<{ reject(error: Error): void; over(): void; isOver: Promise<void> }>();
    let end!: (reason: Error) => void;
    const ended = new Promise<Error>((resolve) => (end = resolve));
    const die = (reason: Error) => {
      for (const { reject, over } of running) {
        reject(reason);
        over();
      }
      end(reason);
    };
    crashes.push((why) => die(new BackendError(why)));
    const call = (_: unknown, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      new Promise((resolve, reject) => {
        let over!: () => void;
        const isOver = new Promise<void>((done) => (over = done));
        const entry = { reject, over, isOver };
        running.add(entry);
        const leave = () => {
          running.delete(entry);
          over();
        };
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        calls.push({
          signal,
          finish: (text) => (resolve(text), leave()),
          fail: (error) => (reject(error), leave()),
        });
      });
    return {
      model: { name: 'fake' },
      ended,
      idle: async () => void (await Promise.all([...running].map(({ isOver }) => isOver))),
      generateReport: call,
      streamReport: async function* (film: unknown, options: object) {
        yield await call(film, options);
      },
      dispose() {
        log.disposed++;
        die(new DisposedError('pipeline'));
      },
    } as unknown as WorkerPipeline<typeof FILM>;
  };
  return { start, calls, crashes, log };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const open = (workers: ReturnType<typeof fakeWorkers>, size: number, maxQueue: number) =>
  openPool(workers.start, { size, maxQueue, threads: 1 }, {});

describe('a pool', () => {
  it('does as many calls at once as it has workers, the others in order', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 2, 3);
    expect([pool.model.name, pool.stats()]).toEqual(['fake', { size: 2, busy: 0, waiting: 0 }]);
    const done: string[] = [];
    const all = [1, 2, 3, 4].map(() => pool.generateReport(FILM).then((text) => done.push(String(text))));
    await settled();
    expect([workers.calls.length, pool.stats()]).toEqual([2, { size: 2, busy: 2, waiting: 2 }]);
    workers.calls[1]!.finish('b');
    await settled();
    expect([workers.calls.length, pool.stats().waiting]).toEqual([3, 1]);
    workers.calls[2]!.finish('c');
    await settled();
    workers.calls[3]!.finish('d');
    workers.calls[0]!.finish('a');
    await Promise.all(all);
    expect(done.slice(0, 2)).toEqual(['b', 'c']);
    await settled();
    expect(pool.stats()).toEqual({ size: 2, busy: 0, waiting: 0 });
    pool.dispose();
  });

  it('refuses a call where its queue is full, and says how many wait', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 1);
    const calls = [pool.generateReport(FILM), pool.generateReport(FILM)];
    const error = await pool.generateReport(FILM).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BusyError);
    expect(error).toMatchObject({ code: 'BUSY', details: { waiting: 1, maxQueue: 1, size: 1 } });
    await expect(collect(pool.streamReport(FILM))).rejects.toBeInstanceOf(BusyError);
    workers.calls[0]!.finish('a');
    await settled();
    workers.calls[1]!.finish('b');
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
    pool.dispose();
  });

  it('lets an aborted call leave the queue, and keeps a worker busy until its aborted call is over', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const calls = [running, waiting].map(({ signal }) => pool.generateReport(FILM, { signal }));
    const last = pool.generateReport(FILM);
    waiting.abort(new Error('left'));
    await expect(calls[1]).rejects.toThrow('left');
    expect(pool.stats().waiting).toBe(1);
    running.abort(new Error('stopped'));
    await expect(calls[0]).rejects.toThrow('stopped');
    await settled();
    expect([workers.calls.length, pool.stats()]).toEqual([1, { size: 1, busy: 1, waiting: 1 }]);
    workers.calls[0]!.fail(new Error('stopped'));
    await settled();
    workers.calls[1]!.finish('c');
    expect(await last).toBe('c');
    await expect(pool.generateReport(FILM, { signal: waiting.signal })).rejects.toThrow('left');
    pool.dispose();
  });

  it('gives a streamed report a worker of its own', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    const events = collect(pool.streamReport(FILM));
    await settled();
    expect(pool.stats().busy).toBe(1);
    workers.calls[0]!.finish('event');
    expect(await events).toEqual(['event']);
    await settled();
    expect(pool.stats().busy).toBe(0);
    pool.dispose();
  });
});

describe('a worker of a pool that ends', () => {
  it('rejects its own call alone, and is replaced', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 2, 5);
    const calls = [1, 2, 3].map(() => pool.generateReport(FILM));
    await settled();
    // The first call is with the worker that was ready last.
    workers.crashes[1]!('boom');
    await expect(calls[0]).rejects.toThrow('boom');
    await settled();
    expect([workers.log.opened, pool.stats()]).toEqual([3, { size: 2, busy: 2, waiting: 0 }]);
    workers.calls[1]!.finish('b');
    workers.calls[2]!.finish('c');
    expect(await Promise.all(calls.slice(1))).toEqual(['b', 'c']);
    pool.dispose();
  });

  it('is replaced however many calls end it: they were at fault', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    for (let at = 0; at < 6; at++) {
      const call = pool.generateReport(FILM);
      await settled();
      workers.crashes[at]!('boom');
      await expect(call).rejects.toThrow('boom');
      await settled();
    }
    expect([workers.log.opened, pool.stats().size]).toEqual([7, 1]);
    pool.dispose();
  });

  it('is not replaced for ever where no other starts', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    workers.log.failing = [1, 2, 3, 4, 5].map((at) => new BackendError(`no memory ${at}`));
    const [running, waiting] = [pool.generateReport(FILM), pool.generateReport(FILM)];
    await settled();
    workers.crashes[0]!('boom');
    await expect(running).rejects.toThrow('boom');
    await expect(waiting).rejects.toThrow(/pipeline\.pool: .* 3 in a row that did not \(no memory 3\)/);
    await expect(pool.generateReport(FILM)).rejects.toBeInstanceOf(BackendError);
    expect([workers.log.failing.length, pool.stats().size]).toEqual([2, 0]);
    pool.dispose();
  });

  it('before its first call, again and again, is not replaced for ever either', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    for (let at = 0; at < 3; at++) {
      workers.crashes[at]!('idle death');
      await settled();
    }
    expect(workers.log.opened).toBe(3);
    await expect(pool.generateReport(FILM)).rejects.toThrow('idle death');
  });
});

describe('the end of a pool', () => {
  it('by dispose rejects every call at once', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    const calls = [pool.generateReport(FILM), pool.generateReport(FILM)];
    await settled();
    pool.dispose();
    pool[Symbol.dispose]();
    for (const call of [...calls, pool.generateReport(FILM)])
      await expect(call).rejects.toBeInstanceOf(DisposedError);
    expect(workers.log).toMatchObject({ opened: 1, disposed: 1 });
  });

  it('by close lets running and waiting calls end, and takes no more', async () => {
    const workers = fakeWorkers();
    const pool = await open(workers, 1, 5);
    const calls = [pool.generateReport(FILM), pool.generateReport(FILM)];
    await settled();
    const closed = vi.fn();
    const closing = pool.close().then(closed);
    await expect(pool.generateReport(FILM)).rejects.toThrow('report pool: used after dispose()');
    workers.calls[0]!.finish('a');
    await settled();
    expect(closed).not.toHaveBeenCalled();
    workers.calls[1]!.finish('b');
    await closing;
    expect(await Promise.all(calls)).toEqual(['a', 'b']);
    expect(workers.log.disposed).toBe(1);
    await pool.close();
  });
});

describe('the opening of a pool', () => {
  it('rejects with the error of a worker, and leaves none behind', async () => {
    const workers = fakeWorkers();
    const start = (isFirst: boolean) =>
      isFirst ? workers.start() : Promise.reject(new BackendError('full'));
    await expect(openPool(start, { size: 3, maxQueue: 1, threads: 1 }, {})).rejects.toThrow('full');
    expect(workers.log).toMatchObject({ opened: 1, disposed: 1 });
  });

  it('stops at an abort', async () => {
    const controller = new AbortController();
    const workers = fakeWorkers();
    const start = async () => {
      controller.abort(new Error('enough'));
      return workers.start();
    };
    const settings = { size: 3, maxQueue: 1, threads: 1 };
    await expect(openPool(start, settings, controller)).rejects.toThrow('enough');
    expect(workers.log).toMatchObject({ opened: 1, disposed: 1 });
  });

  it('has a size for the machine, and threads that share its processors', () => {
    const settings = (processors: number, options = {}, sharesMemory = true) =>
      Object.values(poolSettings(options, { processors, sharesMemory }));
    expect(settings(2)).toEqual([2, 8, 1]);
    expect(settings(16)).toEqual([4, 16, 4]);
    expect(settings(1)).toEqual([1, 4, 1]);
    expect(settings(16, {}, false)).toEqual([4, 16, 1]);
    expect(settings(8, { size: 2, maxQueue: 0, threads: 3 })).toEqual([2, 0, 3]);
    for (const wrong of [{ size: 0 }, { size: 1.5 }, { maxQueue: -1 }])
      expect(() => settings(2, wrong)).toThrow(ConfigError);
  });
});
