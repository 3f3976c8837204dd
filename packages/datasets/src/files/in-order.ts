/**
 * Results of `work` in the order of `items`, with at most `limit` under way at a time, so that waiting for files overlaps and memory stays
 * bounded. Whoever stops early waits for what is under way.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  const start = (item: T) => {
    const promise = work(item);
    // Handled when its turn comes; until then it must not count as unhandled.
    promise.catch(() => undefined);
    pending.push(promise);
  };
  try {
    for await (const item of items) {
      start(item);
      if (pending.length >= limit) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}
