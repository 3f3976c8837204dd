import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { collect } from '../__fixtures__/streams.js';
import { createValueStream, type StreamSink } from './value-stream.js';

const later = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Resolves when the signal is aborted, after some clearing up. */
const cleared = (signal: AbortSignal, clear: () => void) =>
  new Promise<void>((_, reject) => {
    signal.addEventListener(
      'abort',
      () =>
        void later()
          .then(clear)
          .then(() => reject(signal.reason as Error)),
    );
  });

describe('a stream of values', () => {
  it('gives what is pushed, in order, also where nobody waits for it yet or several do', async () => {
    const work = async ({ push }: StreamSink<number>) => {
      for (let value = 0; value < 3; value++) void push(value);
      await later();
      void push(3);
    };
    expect(await collect(createValueStream(work, {}))).toEqual([0, 1, 2, 3]);
    const stream = createValueStream(work, {});
    const results = await Promise.all(Array.from({ length: 6 }, () => stream.next()));
    expect(results.map(({ value }) => value)).toEqual([0, 1, 2, 3, undefined, undefined]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, false, true, true]);
  });

  it('does no work before it is walked, nor after it was left unwalked', async () => {
    const work = vi.fn(async () => undefined);
    const stream = createValueStream(work, {});
    await later();
    expect(await stream.return!()).toEqual({ done: true, value: undefined });
    expect(await collect(stream)).toEqual([]);
    expect(work).not.toHaveBeenCalled();
  });

  it('is walked once', async () => {
    const work = vi.fn(async ({ push }: StreamSink<number>) => void push(1));
    const stream = createValueStream(work, {});
    expect(await collect(stream)).toEqual([1]);
    expect(await collect(stream)).toEqual([]);
    expect(work).toHaveBeenCalledOnce();
  });

  it('tells what the work throws after the values before it, once', async () => {
    const stream = createValueStream(async ({ push }: StreamSink<number>) => {
      void push(1);
      throw new Error('broken');
    }, {});
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    await expect(stream.next()).rejects.toThrow('broken');
    expect((await stream.next()).done).toBe(true);
  });

  it('resolves a push when the value is taken', async () => {
    const seen: string[] = [];
    const stream = createValueStream(async ({ push }: StreamSink<number>) => {
      for (let value = 0; value < 2; value++) {
        await push(value);
        seen.push(`pushed ${value}`);
      }
    }, {});
    await stream.next();
    await later();
    expect(seen).toEqual(['pushed 0']);
    await stream.next();
    await later();
    expect(seen).toEqual(['pushed 0', 'pushed 1']);
  });
});

describe('a consumer that leaves', () => {
  it('stops the work and is let go when it has cleared up', async () => {
    let isClear = false;
    const stream = createValueStream(async ({ push, signal }: StreamSink<number>) => {
      void push(1);
      await cleared(signal, () => (isClear = true));
    }, {});
    for await (const value of stream) {
      expect(value).toBe(1);
      break;
    }
    expect(isClear).toBe(true);
    expect((await stream.next()).done).toBe(true);
  });

  it('ends those who wait, and a work that waits for its values to be taken', async () => {
    let isPushed = false;
    const stream = createValueStream(async ({ push }: StreamSink<number>) => {
      await push(1);
      await Promise.all([push(2), push(3)]);
      isPushed = true;
      await push(4);
    }, {});
    await stream.next();
    await stream.return!();
    expect(isPushed).toBe(true);
    const idle = createValueStream(({ signal }) => cleared(signal, () => undefined), {});
    const waiting = idle.next();
    await idle.return!();
    expect((await waiting).done).toBe(true);
  });

  it('may leave with an error, which it gets back', async () => {
    let isClear = false;
    const stream = createValueStream(({ signal }) => cleared(signal, () => (isClear = true)), {});
    void stream.next();
    await expect(stream.throw!(new Error('mine'))).rejects.toThrow('mine');
    expect(isClear).toBe(true);
  });
});

describe('the signal of a stream', () => {
  it('rejects with its reason when the work has cleared up, in place of values that wait', async () => {
    const controller = new AbortController();
    let isClear = false;
    const stream = createValueStream(async ({ push, signal }: StreamSink<number>) => {
      for (const value of [1, 2, 3]) void push(value);
      await cleared(signal, () => (isClear = true));
    }, controller);
    await stream.next();
    controller.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
    expect(isClear).toBe(true);
    expect((await stream.next()).done).toBe(true);
  });

  it('rejects also where the work ends as if nothing had happened', async () => {
    const controller = new AbortController();
    const stream = createValueStream(async ({ push }: StreamSink<number>) => {
      controller.abort(new Error('enough'));
      void push(1);
    }, controller);
    await expect(stream.next()).rejects.toThrow('enough');
  });

  it('that is aborted before keeps the work from starting', async () => {
    const work = vi.fn(async () => undefined);
    const stream = createValueStream(work, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(stream.next()).rejects.toThrow('enough');
    expect(work).not.toHaveBeenCalled();
  });

  it('is let go at the end, and when the consumer leaves', async () => {
    const { signal } = new AbortController();
    const work = async ({ push }: StreamSink<number>) => {
      await push(1);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    };
    await collect(createValueStream(work, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const left = createValueStream(work, { signal });
    await left.next();
    await left.return!();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
