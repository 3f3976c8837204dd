import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
/** What makes a page cross-origin isolated, so that it may share memory between threads. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The page's script and what it loads on demand, by path. */
async function bundlePage(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@crrg/source'],
    outdir: '/',
    write: false,
    // As apps are built: the texts of functions change, which TensorFlow.js's threads do not survive.
    minify: true,
    keepNames: true,
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents]));
}

let bundled: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

/** Folders of WebAssembly files by the address under which the page asks for them. */
function wasmFolders(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return {
    '/onnxruntime-web': dirname(require.resolve('onnxruntime-web')),
    '/tfjs-wasm': dirname(require.resolve('@tensorflow/tfjs-backend-wasm')),
  };
}

async function findFile(path: string, scripts: ReadonlyMap<string, Uint8Array>) {
  if (path === '/') return { type: 'text/html', body: PAGE };
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  const script = scripts.get(path);
  if (script) return { type, body: script };
  const folder = wasmFolders()[dirname(path)];
  return folder ? { type, body: await readFile(join(folder, basename(path))) } : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat((await request.toArray()) as Buffer[]));
}

/** A server of the page on this machine. */
export interface PageServer {
  readonly url: string;
  close(): void;
}

/**
 * Serves the page. `exchange` is given what the page posts and gives what it is answered, whenever that is there.
 */
export async function servePage(
  exchange: (posted: Uint8Array) => Promise<Uint8Array>,
  { isolated }: { readonly isolated: boolean },
): Promise<PageServer> {
  const scripts = await (bundled ??= bundlePage());
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url!, 'http://localhost').pathname;
    const found =
      request.method === 'POST'
        ? { type: 'application/octet-stream', body: await exchange(await bodyOf(request)) }
        : await findFile(path, scripts).catch(() => undefined);
    const headers = { 'content-type': found?.type ?? 'text/plain', ...(isolated && ISOLATION) };
    response.writeHead(found ? 200 : 404, headers).end(found?.body ?? 'not found');
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(500).end());
  });
  // The page may compute longer than a usual request lasts.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
