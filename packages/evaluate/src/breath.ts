/** How long a loop may keep others waiting. */
const INTERVAL_MS = 50;

/** Lets others work in the middle of a long loop, where it is time to. @throws the reason of an abort */
export function createBreath(signal: AbortSignal | undefined): () => Promise<void> {
  let taken = performance.now();
  return async () => {
    if (performance.now() - taken < INTERVAL_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    taken = performance.now();
  };
}
