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

/** A server of the page; `onPosted` hears what the page posts; `headers` go with every answer. */
async function serve(respond, { onPosted = () => {}, headers = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    if (request.method === 'POST') {
      const chunks = await request.toArray();
      onPosted(Buffer.concat(chunks).toString());
    }
    const answer =
      path === '/'
        ? { type: 'text/html', body: PAGE }
        : await Promise.resolve(respond(path)).catch(() => undefined);
    response.writeHead(answer ? 200 : 404, { ...headers, 'content-type': answer?.type ?? 'text/plain' });
    response.end(answer?.body ?? 'not found');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A started browser with a profile of its own, which `close` ends. */
function open(chromium, url, flags) {
  const profile = mkdtempSync(join(tmpdir(), 'crrg-chromium-'));
  const child = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, ...flags, url], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 90_000,
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  return { child, ended, close };
}

/**
 * Opens a page that runs `/page.js` and gives what the script posts to `/outcome`: for scripts whose timers must run in real time.
 */
export async function postedOutcome(chromium, respond, headers) {
  let server;
  let browser;
  const posted = new Promise((resolve) => {
    serve(respond, { onPosted: resolve, headers }).then((started) => {
      server = started;
      browser = open(chromium, `http://127.0.0.1:${started.address().port}/`, []);
      browser.ended.then(() => resolve('failed: the browser ended without an outcome'));
    });
  });
  const outcome = await posted;
  await browser.close();
  server.close();
  return outcome;
}

/**
 * Opens a page that runs `/page.js` and gives what the script wrote into `#outcome`. `respond(path)` gives `{type, body}` of every other
 * file, or undefined.
 */
export async function outcomeOfPage(chromium, respond) {
  const server = await serve(respond);
  const url = `http://127.0.0.1:${server.address().port}/`;
  const { child, ended, close } = open(chromium, url, ['--virtual-time-budget=60000', '--dump-dom']);
  let dom = '';
  child.stdout.on('data', (chunk) => (dom += chunk));
  await ended;
  await close();
  server.close();
  return /<pre id="outcome">([^<]*)/.exec(dom)?.[1] ?? `no page: ${dom.slice(0, 200)}`;
}
