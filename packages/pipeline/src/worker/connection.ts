import {
  BackendError,
  ConfigError,
  DisposedError,
  fromErrorData,
  type AbortOptions,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import type { Parcel } from './film-message.js';
import { PROTOCOL, type Answer, type Request, type Thread } from './messages.js';
import { streamOf, Streams } from './streams.js';

/** What a caller waits for and listens to. */
export interface CallOptions extends AbortOptions {
  readonly onProgress?: ProgressListener | undefined;
}

/** A call that was sent. */
export interface SentCall<T> {
  readonly id: number;
  /** Rejects at once on abort and where the thread ends. */
  readonly result: Promise<T>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  over(): void;
  readonly isOver: Promise<void>;
  readonly onProgress: ProgressListener | undefined;
}

/** The calls of one owner to one thread, which is the connection's to end. */
export class Connection {
  /** Resolves with the reason when the thread can take no more calls. */
  readonly ended: Promise<Error>;
  readonly streams: Streams;
  private readonly pending = new Map<number, Pending>();
  private readonly early: Parameters<Thread['post']>[] = [];
  private end!: (reason: Error) => void;
  private failure: Error | undefined;
  private isReady = false;
  private lastId = 0;

  /** @param what the name of the whole in messages */
  constructor(
    private readonly thread: Thread,
    private readonly what: string,
    private readonly onWarning?: WarningListener,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.streams = new Streams((message, transfer) => this.post(message, transfer));
    thread.listen((answer) => this.hear(answer));
    thread.onEnd((why) =>
      this.fail(
        new BackendError(
          `pipeline.worker: expected a thread that answers, got one that ended (${why}); create a new ${what}.`,
        ),
      ),
    );
  }

  /** Sends a call. @throws DataCloneError where an argument cannot be sent */
  call<T>(
    method: string,
    { message: args, transfer }: Parcel<readonly unknown[]>,
    { signal, onProgress }: CallOptions = {},
  ): SentCall<T> {
    const id = ++this.lastId;
    if (this.failure || signal?.aborted) {
      const result = Promise.reject<T>(this.failure ?? signal!.reason);
      return { id, result };
    }
    const hears = { progress: onProgress !== undefined, warnings: this.onWarning !== undefined };
    this.post({ type: 'call', id, method, args, hears }, transfer);
    let over!: () => void;
    const isOver = new Promise<void>((resolve) => (over = resolve));
    const result = new Promise<T>((resolve, reject) => {
      const abort = () => {
        this.post({ type: 'abort', id });
        this.streams.failStream(streamOf(id), signal!.reason);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.pending.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        over: () => {
          signal?.removeEventListener('abort', abort);
          over();
        },
        isOver,
        onProgress,
      });
    });
    this.thread.keepAlive(true);
    return { id, result };
  }

  /** Resolves when the thread is done with every call that was sent, also with those that were aborted, or gone. */
  async idle(): Promise<void> {
    await Promise.all([...this.pending.values()].map(({ isOver }) => isOver));
  }

  /** Ends the thread; whoever waits hears that it was disposed. */
  dispose(): void {
    if (this.failure) return;
    this.fail(new DisposedError(this.what));
  }

  private post(message: Request, transfer: readonly ArrayBuffer[] = []): void {
    if (this.isReady) this.thread.post(message, transfer);
    else this.early.push([message, transfer]);
  }

  private hear(answer: Answer): void {
    if (this.failure) return;
    switch (answer.type) {
      case 'ready':
        return this.start(answer.protocol);
      case 'warning':
        return this.onWarning?.(answer.message);
      case 'progress':
        return this.tell(answer);
      case 'result':
        this.pending.get(answer.id)?.resolve(answer.value);
        return this.finish(answer.id);
      case 'error':
        this.pending.get(answer.id)?.reject(fromErrorData(answer.error));
        return this.finish(answer.id);
      default:
        return this.streams.receive(answer);
    }
  }

  private start(protocol: string): void {
    if (protocol !== PROTOCOL)
      return this.fail(
        new ConfigError(
          `pipeline.worker: expected a worker that speaks ${PROTOCOL}, got ${protocol}; take page and worker script from the same version of @crrg/pipeline.`,
        ),
      );
    this.isReady = true;
    for (const [message, transfer] of this.early.splice(0)) this.thread.post(message, transfer);
  }

  /** A listener that throws breaks its call off, as it does without a worker. */
  private tell({ id, event }: Extract<Answer, { type: 'progress' }>): void {
    const call = this.pending.get(id);
    try {
      call?.onProgress?.(event);
    } catch (error) {
      call!.reject(error);
      this.post({ type: 'abort', id });
    }
  }

  private finish(id: number): void {
    this.pending.get(id)?.over();
    this.pending.delete(id);
    if (this.pending.size === 0) this.thread.keepAlive(false);
  }

  private fail(reason: Error): void {
    if (this.failure) return;
    this.failure = reason;
    this.endThread();
    for (const call of this.pending.values()) {
      call.reject(reason);
      call.over();
    }
    this.pending.clear();
    this.streams.fail(reason);
    this.end(reason);
  }

  /** A ready thread may be in the middle of native code, which must not be cut off: it ends itself. */
  private endThread(): void {
    this.thread.keepAlive(true);
    if (this.isReady && !this.thread.endsSafely) this.thread.post({ type: 'close' });
    else this.thread.terminate();
  }
}
