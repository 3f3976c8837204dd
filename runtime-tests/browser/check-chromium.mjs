// Runs page.mjs in headless Chromium on a page from this machine.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { bundleForBrowser } from '../bundler/bundle.mjs';

const SKIPPED = 77;
const chromium = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path && existsSync(path));
if (!chromium) {
  console.log('no Chromium on this machine; set CHROMIUM to its path');
  process.exit(SKIPPED);
}

const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const { code } = await bundleForBrowser('../browser/page.mjs');
const page =
  '<!doctype html><meta charset="utf-8"><pre id="outcome">waiting</pre><script type="module" src="/page.js"></script>';

async function respond(path) {
  if (path === '/') return { type: 'text/html', body: page };
  if (path === '/page.js') return { type: 'text/javascript', body: code };
  if (!path.startsWith('/ort/')) return undefined;
  const file = join(process.cwd(), 'node_modules', 'onnxruntime-web', 'dist', basename(path));
  return { type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
}

const server = createServer(async (request, response) => {
  const answer = await respond(new URL(request.url, 'http://localhost').pathname).catch(() => undefined);
  response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' });
  response.end(answer?.body ?? 'not found');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const profile = mkdtempSync(join(tmpdir(), 'crrg-chromium-'));
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const url = `http://127.0.0.1:${server.address().port}/`;
const child = spawn(
  chromium,
  [...flags, `--user-data-dir=${profile}`, '--virtual-time-budget=60000', '--dump-dom', url],
  { stdio: ['ignore', 'pipe', 'ignore'], timeout: 90_000 },
);
let dom = '';
child.stdout.on('data', (chunk) => (dom += chunk));
await new Promise((resolve) => child.on('close', resolve));
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 3 });

const outcome = /<pre id="outcome">([^<]*)/.exec(dom)?.[1] ?? `no page: ${dom.slice(0, 200)}`;
console.log(outcome);
process.exitCode = outcome.startsWith('passed') ? 0 : 1;
