/** Work in pieces: it may pause at every `yield`, and returns its result. @internal */
export type Steps<Result> = Generator<void, Result, void>;

/** How a long piece of work is watched and stopped. */
export interface WorkOptions {
  /** Stops the work within a fraction of a second; it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how far the work is, some times a second. */
  readonly onProgress?: ((event: WorkProgress) => void) | undefined;
}

/** How far a piece of work is. */
export interface WorkProgress {
  readonly type: 'work-progress';
  readonly done: number;
  readonly total: number;
}

/** How long the event loop waits at most. */
const BREATH_MS = 30;

/** Does the work at once. @internal */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Lets the event loop in from time to time. @internal */
export class Breath {
  readonly #signal: AbortSignal | undefined;
  #taken = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether the event loop has waited long enough. */
  isDue(): boolean {
    return performance.now() - this.#taken >= BREATH_MS;
  }

  /** Lets timers and signals in. @throws the reason of an abort */
  async take(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#signal?.throwIfAborted();
    this.#taken = performance.now();
  }

  /** Does the work with pauses. */
  async run<Result>(steps: Steps<Result>, onPause?: () => void): Promise<Result> {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (!this.isDue()) continue;
      onPause?.();
      await this.take();
    }
  }
}

/** Does counted work with pauses; `done` tells how far it is. @internal */
export async function finishAsync<Result>(
  steps: Steps<Result>,
  { signal, onProgress }: WorkOptions,
  count?: { readonly total: number; readonly done: () => number },
): Promise<Result> {
  signal?.throwIfAborted();
  const report = () =>
    count && onProgress?.({ type: 'work-progress', done: count.done(), total: count.total });
  const result = await new Breath(signal).run(steps, report);
  report();
  return result;
}
