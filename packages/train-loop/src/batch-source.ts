/** A batch, or a function that makes it. Functions of batches that a resumed run has already seen are not called. */
export type BatchSource<Batch> = Batch | (() => Batch | Promise<Batch>);

/** The sources after the first `skip`, each made while the one before it is used. */
export async function* upcoming<Batch>(
  sources: AsyncIterable<BatchSource<Batch>> | Iterable<BatchSource<Batch>>,
  skip: number,
): AsyncGenerator<() => Promise<Batch>> {
  let seen = 0;
  let ready: Promise<Batch> | undefined;
  for await (const source of sources) {
    if (seen++ < skip) continue;
    const next = makeBatch(source);
    next.catch(() => undefined);
    const current = ready;
    ready = next;
    if (current) yield () => current;
  }
  if (ready) {
    const last = ready;
    yield () => last;
  }
}

async function makeBatch<Batch>(source: BatchSource<Batch>): Promise<Batch> {
  return typeof source === 'function' ? (source as () => Batch | Promise<Batch>)() : source;
}
