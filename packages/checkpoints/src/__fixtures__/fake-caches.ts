/** A `CacheStorage` in memory, with what tests do to one. */
export interface FakeCaches extends CacheStorage {
  readonly entries: Map<string, Uint8Array>;
  /** Bytes from which on `put` refuses. */
  quota: number;
}

const urlOf = (request: RequestInfo | URL) => (request instanceof Request ? request.url : String(request));

/** What this package uses of one cache. */
export function createFakeCaches(): FakeCaches {
  const entries = new Map<string, Uint8Array>();
  const fake = { entries, quota: Infinity } as FakeCaches;
  const used = () => [...entries.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const cache = {
    async match(request: RequestInfo | URL) {
      const bytes = entries.get(urlOf(request));
      return bytes && new Response(bytes.slice());
    },
    async put(request: RequestInfo | URL, response: Response) {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (used() + bytes.byteLength > fake.quota)
        throw new DOMException('Quota exceeded.', 'QuotaExceededError');
      entries.set(urlOf(request), bytes);
    },
    delete: async (request: RequestInfo | URL) => entries.delete(urlOf(request)),
    keys: async () => [...entries.keys()].map((url) => new Request(url)),
  };
  fake.open = async () => cache as unknown as Cache;
  return fake;
}
