// A host of static files that knows nothing but their types, as any host is, with the page in a folder of it.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

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
    const { size } = statSync(file);
    requests.push({ path: pathname, bytes: size, status: 200 });
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': size,
    });
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      if (response.destroyed) return;
      response.write(chunk);
      if (bytesPerSecond < Infinity)
        await new Promise((resolve) => setTimeout(resolve, (1000 * chunk.length) / bytesPerSecond));
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
