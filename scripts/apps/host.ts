// A host of static files that counts what it sends.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
/** The page is asked for at each visit; what it names is kept. */
const cacheControl = (path: string) => (path === '/' ? 'no-store' : 'public, max-age=3600');

/** A started host. */
export interface Host {
  readonly address: string;
  /** Bytes that were sent since the last question, without headers. */
  takeBytes(): number;
  close(): void;
}

/** Serves folders by the beginning of an address, to pages of any origin, and `page` as the page itself. */
export async function serve(page: string, folders: readonly (readonly [string, string])[]): Promise<Host> {
  const find = (path: string): Buffer | undefined => {
    if (path === '/') return Buffer.from(page);
    const [prefix, folder] = folders.find(([start]) => path.startsWith(start)) ?? [];
    if (prefix === undefined || folder === undefined) return undefined;
    const file = join(folder, normalize(path.slice(prefix.length)));
    return file.startsWith(folder) && existsSync(file) && statSync(file).isFile()
      ? readFileSync(file)
      : undefined;
  };
  let bytes = 0;
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname;
    const body = find(path);
    if (!body) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    bytes += body.length;
    response.writeHead(200, {
      'content-type': path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'application/octet-stream'),
      'content-length': body.length,
      'cache-control': cacheControl(path),
      'access-control-allow-origin': '*',
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeBytes() {
      const sent = bytes;
      bytes = 0;
      return sent;
    },
    close: () => void server.close(),
  };
}
