// Builds the page with every bundler, or those that are named, with and without the optional engines, runs the outcome in Chromium, and
// compares its report with Node's.
import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateReport } from '@crrg/pipeline';
import { WEIGHTS_URL } from '@crrg/model-tiny';
import { FILMS, freePort, openBrowser, openPage, run, startServer } from '../check-tools.mjs';

const [FILM] = FILMS;
const BUILDS = {
  vite: ['node_modules/vite/bin/vite.js', 'build'],
  webpack: ['node_modules/webpack/bin/webpack.js'],
  rollup: ['node_modules/rollup/dist/bin/rollup', '-c', '--silent'],
  esbuild: ['esbuild.config.js'],
};
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(BUILDS);
const OPTIONAL = ['node_modules/onnxruntime-web', 'node_modules/@tensorflow'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const PAGE = (await readFile('index.html', 'utf8')).replace('/src/page.js', '/page.js');

/** A file of the built page or of the model; undefined where there is none. */
async function fileFor(folder, path) {
  if (path.startsWith('/models/tiny/'))
    return readFile(join(fileURLToPath(WEIGHTS_URL), path.slice('/models/tiny/'.length)));
  if (path !== '/') return readFile(join(folder, path));
  return existsSync(join(folder, 'index.html')) ? readFile(join(folder, 'index.html')) : PAGE;
}

/** Serves a built page and the model, the latter also to the pages of other servers. */
async function serve(folder) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const body = await fileFor(folder, pathname).catch(() => undefined);
    const type = pathname === '/' ? 'text/html' : TYPES[extname(pathname)];
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': type ?? 'application/octet-stream',
      'access-control-allow-origin': '*',
    });
    response.end(body ?? 'not found');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What the page at an address says of the film. */
async function outcomeOf(browser, url) {
  const { page, problems } = await openPage(browser);
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  await page.setInputFiles('input', FILM);
  await page
    .waitForFunction(() => document.querySelector('#outcome').textContent !== '')
    .catch((cause) => {
      throw new Error(`no outcome: ${problems.join('; ')}`, { cause });
    });
  const outcome = JSON.parse(await page.textContent('#outcome'));
  await page.context().close();
  return { ...outcome, problems };
}

async function checkBuilt(browser, bundler, expected) {
  await run('node', BUILDS[bundler]);
  const { origin, close } = await serve(`dist/${bundler}`);
  const { problems, ...outcome } = await outcomeOf(browser, origin);
  assert.deepEqual(outcome, { text: expected, backend: 'onnxruntime-web/wasm' }, bundler);
  assert.deepEqual(problems, [], bundler);
  const { error } = await outcomeOf(browser, `${origin}/?engine=wasm`);
  assert.match(error, /^BackendError: .*npm install @tensorflow\/tfjs-backend-wasm/, bundler);
  close();
}

/** Without the optional engines the build passes, and the page says what to install. */
async function checkWithout(browser, bundler) {
  await run('node', BUILDS[bundler]);
  const { origin, close } = await serve(`dist/${bundler}`);
  const { error } = await outcomeOf(browser, origin);
  assert.match(error, /^BackendError: .*npm install onnxruntime-web/, bundler);
  close();
}

async function checkViteDev(browser, expected) {
  const { origin, close } = await serve('.');
  const port = await freePort();
  const args = [BUILDS.vite[0], '--host', '127.0.0.1', '--port', String(port), '--strictPort'];
  const url = `http://127.0.0.1:${port}/`;
  const server = await startServer('node', args, { url });
  try {
    const { problems, ...outcome } = await outcomeOf(browser, `${url}?model=${origin}/models/tiny`);
    assert.deepEqual(outcome, { text: expected, backend: 'onnxruntime-web/wasm' }, problems.join('; '));
  } finally {
    await server.stop();
    close();
  }
}

const { text } = await generateReport(FILM, { numBeams: 1 });
assert.notEqual(text, '');
const browser = await openBrowser();
const moved = (folder) => `${folder}.away`;
try {
  for (const bundler of chosen) await checkBuilt(browser, bundler, text);
  if (chosen.includes('vite')) await checkViteDev(browser, text);
  for (const folder of OPTIONAL) renameSync(folder, moved(folder));
  for (const bundler of chosen) await checkWithout(browser, bundler);
} finally {
  for (const folder of OPTIONAL.filter((each) => existsSync(moved(each)))) renameSync(moved(folder), folder);
  await browser.close();
}
console.log(`${chosen.join(', ')}: the page gives the report of Node, with and without the optional engines`);
