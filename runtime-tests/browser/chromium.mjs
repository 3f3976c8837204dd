// Headless Chromium on a page from this machine.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SKIPPED = 77;
const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PAGE =
  '<!doctype html><meta charset="utf-8"><pre id="outcome">waiting</pre><script type="module" src="/page.js"></script>';

/** Where Chromium is; ends the check as skipped where it is not. */
export function findChromium() {
  const chromium = PLACES.find((path) => path && existsSync(path));
  if (chromium) return chromium;
  console.log('no Chromium on this machine; set CHROMIUM to its path');
  return process.exit(SKIPPED);
}

async function serve(respond) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const answer =
      path === '/'
        ? { type: 'text/html', body: PAGE }
        : await Promise.resolve(respond(path)).catch(() => undefined);
    response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' });
    response.end(answer?.body ?? 'not found');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/**
 * Opens a page that runs `/page.js` and gives what the script wrote into `#outcome`. `respond(path)` gives `{type, body}` of every other
 * file, or undefined.
 */
export async function outcomeOfPage(chromium, respond) {
  const server = await serve(respond);
  const profile = mkdtempSync(join(tmpdir(), 'crrg-chromium-'));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const child = spawn(
    chromium,
    [...FLAGS, `--user-data-dir=${profile}`, '--virtual-time-budget=60000', '--dump-dom', url],
    { stdio: ['ignore', 'pipe', 'ignore'], timeout: 90_000 },
  );
  let dom = '';
  child.stdout.on('data', (chunk) => (dom += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  return /<pre id="outcome">([^<]*)/.exec(dom)?.[1] ?? `no page: ${dom.slice(0, 200)}`;
}
