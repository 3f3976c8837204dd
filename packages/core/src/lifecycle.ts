/** `Symbol.dispose`, or the symbol that lowered `using` declarations look for where the engine lacks it. */
export const disposeSymbol: typeof Symbol.dispose =
  (Symbol as { dispose?: typeof Symbol.dispose }).dispose ??
  (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** Options that every long call takes. */
export interface AbortOptions {
  /** Stops the work at its next safe point; the call rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** What a long call reports while it works. Names are noun, then verb. */
export type ProgressEvent =
  | {
      readonly type: 'weights-progress';
      readonly file: string;
      readonly loaded: number;
      readonly total: number | undefined;
    }
  | { readonly type: 'stage-start'; readonly stage: string }
  | { readonly type: 'stage-end'; readonly stage: string; readonly durationMs: number }
  | { readonly type: 'token'; readonly step: number; readonly activeSequences: number };

/** Receives {@link ProgressEvent}s; must not throw. */
export type ProgressListener = (event: ProgressEvent) => void;

/** Receives doubts that do not stop the work; libraries never print. */
export type WarningListener = (message: string) => void;

/** The notice that every report carries. */
export const INTENDED_USE =
  'Research software, not a medical device. Not for diagnosis or treatment; every output needs a radiologist.';

/** The outcome of a work, or the reason of an abort at once; the work then goes on alone and cleans up after itself. */
export function untilAborted<T>(work: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const leave = () => signal.removeEventListener('abort', abort);
    Promise.resolve(work).finally(leave).then(resolve, reject);
  });
}
