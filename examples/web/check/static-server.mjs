// A host of static files that knows nothing but their types, as any host is, with the page in a folder of it.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

const COMPRESSED = /^text|wasm$|json$|svg|manifest/;
const PIECE = 256 * 1024;
const kept = new Map();

function compressed(file) {
  if (!kept.has(file)) kept.set(file, gzipSync(readFileSync(file), { level: 6 }));
  return kept.get(file);
}

/** Where the file of a request lies; undefined where there is none. */
function fileOf(folder, path) {
  const file = join(folder, normalize(decodeURIComponent(path)));
  const found = file.endsWith('/') ? join(file, 'index.html') : file;
  return found.startsWith(folder) && existsSync(found) && statSync(found).isFile() ? found : undefined;
}

/** Serves `folder` under `prefix`. `requests` lists what was sent; `bytesPerSecond` slows files down. */
export async function serveFolder(folder, { prefix = '/apps/crrg/', bytesPerSecond = Infinity } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = pathname.startsWith(prefix)
      ? fileOf(folder, `/${pathname.slice(prefix.length)}`)
      : undefined;
    if (!file) {
      requests.push({ path: pathname, bytes: 0, status: 404 });
      return response.writeHead(404).end();
    }
    const type = TYPES[extname(file)];
    const isCompressed = COMPRESSED.test(type) && request.headers['accept-encoding']?.includes('gzip');
    const body = isCompressed ? compressed(file) : readFileSync(file);
    requests.push({ path: pathname, bytes: body.length, status: 200 });
    response.writeHead(200, {
      'content-type': type ?? 'application/octet-stream',
      'content-length': body.length,
      ...(isCompressed && { 'content-encoding': 'gzip' }),
    });
    for (let at = 0; at < body.length && !response.destroyed; at += PIECE) {
      response.write(body.subarray(at, at + PIECE));
      if (bytesPerSecond < Infinity) await wait((1000 * PIECE) / bytesPerSecond);
    }
    return response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${server.address().port}${prefix}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, requests, close };
}
