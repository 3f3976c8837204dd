import type { ErrorData, ProgressEvent } from '@crrg/core';

/** The language of both sides; a worker of another version is refused. */
export const PROTOCOL = 'crrg/worker/1';

/** Which listeners of the caller want to hear of a call. */
export interface Hears {
  readonly progress: boolean;
  readonly warnings?: boolean | undefined;
}

/** One item of a stream, its end, or the error that broke it off. */
export type StreamItem =
  { readonly value: unknown } | { readonly done: true } | { readonly error: ErrorData };

/** Of streams, which either side may give: the taker pulls item after item, or stops. */
export type StreamMessage =
  | { readonly type: 'pull' | 'stop'; readonly stream: string }
  | { readonly type: 'item'; readonly stream: string; readonly item: StreamItem };

/** What is said to a worker. */
export type Request =
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      readonly hears: Hears;
    }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'close' }
  | StreamMessage;

/** What a worker says. */
export type Answer =
  | { readonly type: 'ready'; readonly protocol: string }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorData }
  | { readonly type: 'progress'; readonly id: number; readonly event: ProgressEvent }
  | { readonly type: 'warning'; readonly message: string }
  | StreamMessage;

/** One end of the way between two threads. */
export interface Port<Out, In> {
  /** @throws DataCloneError where the message holds what cannot be sent */
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  /** Takes the one listener. */
  listen(listener: (message: In) => void): void;
}

/** A started thread, as its owner sees it. */
export interface Thread extends Port<Request, Answer> {
  /** Takes the one listener, which hears when the thread has ended. */
  onEnd(listener: (why: string) => void): void;
  /** Whether the thread keeps its program running; at first it does. */
  keepAlive(isNeeded: boolean): void;
  /** True where the thread may be ended in the middle of a computation. */
  readonly endsSafely: boolean;
  /** Ends the thread at once. */
  terminate(): void;
  /** Memory in which the worker says that it is in native code; only where the program's end would cut it off. */
  readonly gate?: SharedArrayBuffer | undefined;
}
