import { fromErrorData, toErrorData } from '@crrg/core';
import type { Parcel } from './film-message.js';
import type { StreamItem, StreamMessage } from './messages.js';

/** The stream of what a call gives. */
export const streamOf = (id: number) => `result ${id}`;

/** The stream of the films that a call takes. */
export const filmsOf = (id: number) => `films ${id}`;

/** How one item travels. */
type ToParcel = (value: unknown) => Parcel<unknown>;

interface Offer {
  readonly iterator: AsyncIterator<unknown>;
  readonly toParcel: ToParcel;
  readonly end: () => void;
}

interface Waiting {
  resolve(item: StreamItem): void;
  reject(error: unknown): void;
}

/** Async iterables whose items are pulled from another thread, one after the other; either side may offer and take. */
export class Streams {
  private readonly offered = new Map<string, Offer>();
  private readonly waiting = new Map<string, Waiting>();
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly post: (message: StreamMessage, transfer?: readonly ArrayBuffer[]) => void) {}

  /** Lets the other side take items under this name. Resolves when the source is at its end, or was left. */
  offer(
    stream: string,
    source: AsyncIterable<unknown>,
    toParcel: ToParcel = (message) => ({ message, transfer: [] }),
  ): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    return new Promise((end) => this.offered.set(stream, { iterator, toParcel, end }));
  }

  /** What the other side offers. A loop over it that is left early tells the other side. */
  async *take(stream: string): AsyncGenerator<unknown, void, undefined> {
    let isOver = false;
    try {
      for (;;) {
        const item = await this.pull(stream);
        isOver = !('value' in item);
        if ('error' in item) throw fromErrorData(item.error);
        if ('done' in item) return;
        yield item.value;
      }
    } finally {
      if (!isOver && !this.failure) this.post({ type: 'stop', stream });
    }
  }

  /** Handles what the other side says of streams. */
  receive(message: StreamMessage): void {
    const { stream } = message;
    if (message.type === 'item') {
      this.waiting.get(stream)?.resolve(message.item);
      this.waiting.delete(stream);
    } else if (message.type === 'pull') void this.give(stream);
    else this.withdraw(stream);
  }

  /** Ends what was offered under this name. */
  withdraw(stream: string): void {
    const offer = this.offered.get(stream);
    this.offered.delete(stream);
    if (!offer) return;
    const left = async () => offer.iterator.return?.();
    // An iterator that fails at its end has nobody left to tell.
    void left().then(offer.end, offer.end);
  }

  /** Rejects whoever waits for an item of this stream. */
  failStream(stream: string, error: unknown): void {
    this.waiting.get(stream)?.reject(error);
    this.waiting.delete(stream);
  }

  /** The other side is gone. */
  fail(error: unknown): void {
    this.failure = { error };
    for (const stream of [...this.waiting.keys()]) this.failStream(stream, error);
    for (const stream of [...this.offered.keys()]) this.withdraw(stream);
  }

  private pull(stream: string): Promise<StreamItem> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure.error as Error);
      this.waiting.set(stream, { resolve, reject });
      this.post({ type: 'pull', stream });
    });
  }

  private async give(stream: string): Promise<void> {
    const offer = this.offered.get(stream);
    const item = (reply: StreamItem, transfer?: readonly ArrayBuffer[]) =>
      this.post({ type: 'item', stream, item: reply }, transfer);
    if (!offer) return item({ done: true });
    try {
      const { done, value } = await offer.iterator.next();
      if (done) {
        this.offered.delete(stream);
        offer.end();
        return item({ done: true });
      }
      const { message, transfer } = offer.toParcel(value);
      item({ value: message }, transfer);
    } catch (error) {
      this.withdraw(stream);
      item({ error: toErrorData(error) });
    }
  }
}
