// A server that lays installed packages out as a content delivery network of npm packages does, and one of the page, on two origins.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

/** `/npm/NAME@VERSION/FILE`, with CORS and ranges. What the test changes: `isDown(path)`, `breakAt`. */
export async function openNetwork(modules) {
  const state = { requests: [], bytes: 0, isDown: () => false, breakAt: undefined };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const [, name, version, path] = /^\/npm\/((?:@[^/]+\/)?[^/@]+)@([^/]+)\/(.+)$/.exec(pathname) ?? [];
    const file = path && join(modules, name, path);
    state.requests.push(`${path}${request.headers.range ? ` ${request.headers.range}` : ''}`);
    if (state.isDown(pathname)) return request.socket.destroy();
    const manifest = name && JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
    if (!manifest?.version.startsWith(version) || !existsSync(file)) return response.writeHead(404).end();
    const bytes = readFileSync(file);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = {
      'access-control-allow-origin': '*',
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': bytes.length - from,
      'cache-control': 'public, max-age=31536000, immutable',
    };
    if (from > 0) headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    const isBroken = state.breakAt !== undefined && path.endsWith('weights.safetensors');
    const body = bytes.subarray(from, isBroken ? Math.max(from, state.breakAt) : undefined);
    state.bytes += body.length;
    if (!isBroken) return response.end(body);
    response.write(body, () => setTimeout(() => response.destroy(), 200));
  });
  return { address: await listen(server), state, close: () => server.close() };
}

/** The page's own origin: `files(path)` gives `{ type, body }`. */
export async function openPages(files) {
  const server = createServer((request, response) => {
    const answer = files(new URL(request.url, 'http://localhost').pathname);
    response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' });
    response.end(answer?.body);
  });
  return { address: await listen(server), close: () => server.close() };
}
