/** How long a loop may keep Ctrl+C waiting. */
const INTERVAL_MS = 50;
/** Steps between two looks at the clock. */
const STEPS = 256;

/** Called in every step of a long loop: true where it is time to `await` {@link Breath.take}. */
export interface Breath {
  isDue(): boolean;
  /** Lets signals and timers in. @throws the reason of an abort */
  take(): Promise<void>;
}

/** Lets a long loop be stopped. */
export function createBreath(signal: AbortSignal | undefined): Breath {
  let taken = performance.now();
  let steps = 0;
  return {
    isDue: () => ++steps % STEPS === 0 && performance.now() - taken > INTERVAL_MS,
    take: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      taken = performance.now();
    },
  };
}
