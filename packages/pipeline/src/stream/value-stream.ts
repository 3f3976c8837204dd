import type { AbortOptions } from '@crrg/core';

/** A stream of values, to be walked once. `return()`, and so leaving a `for await` loop, stops its work and waits until it has. */
export type ValueStream<T> = AsyncIterableIterator<T, undefined>;

/** Where the work of a stream puts its values. */
export interface StreamSink<T> {
  /** Gives a value on; resolves when the consumer has taken it, or the stream is over. */
  push(value: T): Promise<void>;
  /** Aborted when the caller aborts, and when the consumer leaves. */
  readonly signal: AbortSignal;
}

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * The values that a work pushes, in order; what it throws comes after them, an abort in their place. The work starts with the first
 * `next()`: a stream that is never walked does nothing. Values that are not taken wait here, so the work bounds them, by their number or
 * by awaiting `push`.
 */
export function createValueStream<T>(
  work: (sink: StreamSink<T>) => Promise<void>,
  { signal }: AbortOptions,
): ValueStream<T> {
  const inner = new AbortController();
  const values: { readonly value: T; taken(): void }[] = [];
  const waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;

  const drop = () => {
    for (const { taken } of values.splice(0)) taken();
  };
  const abort = () => {
    drop();
    inner.abort(signal!.reason);
  };
  const finish = () => {
    isOver = true;
    signal?.removeEventListener('abort', abort);
  };
  const serve = () => {
    while (waiting.length > 0) {
      const next = values.shift();
      if (!next && !isOver) return;
      const { resolve, reject } = waiting.shift()!;
      if (next) {
        next.taken();
        resolve({ done: false, value: next.value });
      } else if (failure) {
        reject(failure.error);
        failure = undefined;
      } else resolve(DONE);
    }
  };
  const push = (value: T) =>
    new Promise<void>((taken) => {
      if (inner.signal.aborted) return taken();
      values.push({ value, taken });
      serve();
    });
  const start = async () => {
    try {
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort);
      inner.signal.throwIfAborted();
      await work({ push, signal: inner.signal });
      inner.signal.throwIfAborted();
    } catch (error) {
      if (!isOver) failure = { error };
    }
    finish();
    serve();
  };
  const leave = async () => {
    finish();
    drop();
    failure = undefined;
    serve();
    inner.abort();
    await running;
  };

  const stream: ValueStream<T> = {
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!isOver) running ??= start();
        serve();
      }),
    return: async () => {
      await leave();
      return DONE;
    },
    throw: async (error) => {
      await leave();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
