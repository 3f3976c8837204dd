// A page without a build, in Chromium: `crrg.js` and all that it needs from another origin, as from a content delivery network. What the
// browser keeps of the model is looked at on a first visit, without the network, after an interruption, damaged, without room, in two tabs;
// then the same model as code in a bundle.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../browser/chromium.mjs';
import { openNetwork, openPages } from './servers.mjs';

const executablePath = findChromium();
const tools = createRequire(process.env.CRRG_TOOLS);
const { chromium } = tools('playwright-core');
const modules = join(process.cwd(), 'node_modules');
const { version } = JSON.parse(readFileSync(join(modules, '@crrg/pipeline/package.json'), 'utf8'));
const FILM = join(dirname(process.env.CRRG_TOOLS), 'packages/image/src/dicom/__fixtures__/syntaxes');
const film = readFileSync(join(FILM, process.env.CRRG_FILM ?? 'jpeg-2000-lossless.dcm'));

const network = await openNetwork(modules);
const script = `${network.address}/npm/@crrg/pipeline@${version}/dist/cdn/crrg.js`;
const { outputFiles } = await tools('esbuild').build({
  entryPoints: [fileURLToPath(new URL('page.mjs', import.meta.url))],
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
  outdir: '/',
});
const chunks = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
const pages = await openPages((path) => {
  if (path === '/') return { type: 'text/html', body: '<!doctype html><title>A page</title>' };
  if (path === '/film.dcm') return { type: 'application/dicom', body: film };
  const isWorker = path.startsWith('/dicom-worker');
  const body = isWorker ? readFileSync(join(modules, '@crrg/image/dist', basename(path))) : chunks.get(basename(path));
  return body && { type: 'text/javascript', body };
});

/** Runs in the page. */
const visit = async ({ script, model, worker }) => {
  const warnings = [];
  const loaded = [];
  const { createReportPipeline } = await import(script);
  const started = performance.now();
  const pipeline = await createReportPipeline({
    ...(model && { model }),
    worker,
    threads: 1,
    onWarning: (message) => warnings.push(message),
    onProgress: (event) => event.type === 'weights-progress' && loaded.push(event.loaded),
  });
  const opened = performance.now() - started;
  const bytes = new Uint8Array(await (await fetch('/film.dcm')).arrayBuffer());
  const { text } = await pipeline.generateReport(bytes, { numBeams: 1 });
  pipeline.dispose();
  return { text, warnings, loaded, opened };
};

// A profile on disk: what a private window keeps of the engine is smaller than the engine.
const profile = mkdtempSync(join(tmpdir(), 'crrg-weights-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disk-cache-size=500000000'],
});
const lines = [];
const say = (line) => lines.push(line) && console.log(line);

/** A visit in a tab of its own, and what it took from the network. */
async function open(options = {}, tab = undefined) {
  network.state.requests.length = 0;
  network.state.bytes = 0;
  const page = tab ?? (await context.newPage());
  await page.goto(`${pages.address}/`);
  try {
    const result = await page.evaluate(visit, { script, ...options });
    return { ...result, bytes: network.state.bytes, requests: [...network.state.requests] };
  } finally {
    if (!tab) await page.close();
  }
}
const weightsOf = ({ requests }) => requests.filter((request) => request.startsWith('weights/weights.safetensors'));
async function inPage(work, argument) {
  const page = await context.newPage();
  await page.goto(`${pages.address}/`);
  const result = await page.evaluate(work, argument);
  await page.close();
  return result;
}
const clear = () => inPage(async (from) => (await import(from)).clearModelCache(), script);

try {
  const first = await open();
  assert.ok(first.text.length > 0);
  assert.equal(weightsOf(first).length, 1);
  assert.ok(first.requests.some((path) => path.startsWith('dist/dicom-worker')), 'the worker of another origin');
  assert.deepEqual(first.warnings, []);
  const second = await open();
  assert.equal(second.text, first.text);
  assert.deepEqual(weightsOf(second), []);
  const megabytes = ({ bytes }) => `${(bytes / 1e6).toFixed(2)} MB`;
  say(`first visit ${megabytes(first)}, second ${megabytes(second)}`);

  const models = await inPage(async (from) => (await import(from)).listCachedModels(), script);
  assert.equal(models.length, 1);
  assert.ok(models[0].bytes > 1e7 && models[0].name);

  network.state.isDown = () => true;
  const offline = await open();
  assert.equal(offline.text, first.text);
  assert.match(offline.warnings.join(), /The model that this browser kept is used/);
  network.state.isDown = () => false;
  say('opens and reports while the other origin is down');

  await clear();
  network.state.breakAt = 9_000_000;
  await assert.rejects(open(), /weights\.safetensors/);
  network.state.breakAt = undefined;
  const resumed = await open();
  assert.equal(resumed.text, first.text);
  assert.deepEqual(weightsOf(resumed), ['weights/weights.safetensors bytes=8388608-']);
  say(`goes on after an interruption at 9.00 MB with ${megabytes(resumed)}`);

  await inPage(async () => {
    const cache = await caches.open('crrg-models-1');
    const key = (await cache.keys()).find(({ url }) => url.includes('bytes=0-8388608'));
    const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
    bytes[5_000_000] ^= 1;
    await cache.put(key, new Response(bytes));
  });
  const repaired = await open();
  assert.equal(repaired.text, first.text);
  assert.match(repaired.warnings.join(), /damaged ones; they are fetched again/);
  assert.deepEqual((await open()).warnings, []);
  say('finds a damaged piece by its hash and fetches it again');

  await clear();
  const tabs = [await context.newPage(), await context.newPage()];
  const both = await Promise.all(tabs.map((tab) => open({}, tab)));
  assert.deepEqual(both.map(({ text }) => text), [first.text, first.text]);
  assert.equal(weightsOf({ requests: network.state.requests }).length, 1);
  for (const tab of tabs) await tab.close();
  say('two tabs at once fetch it once');

  await clear();
  const tab = await context.newPage();
  await tab.goto(`${pages.address}/`);
  const session = await context.newCDPSession(tab);
  await session.send('Storage.overrideQuotaForOrigin', { origin: pages.address, quotaSize: 3_000_000 });
  const full = await open({}, tab);
  assert.equal(full.text, first.text);
  assert.match(full.warnings.join(), /expected room to keep weights\.safetensors/);
  await tab.close();
  say('works without room');

  const inWorker = await open({ worker: true });
  assert.equal(inWorker.text, first.text);
  say('runs in a worker of another origin');

  const bundled = await inPage(
    async (wasmPaths) => {
      const { report } = await import('/page.js');
      return report(new Uint8Array(await (await fetch('/film.dcm')).arrayBuffer()), wasmPaths);
    },
    `${network.address}/npm/onnxruntime-web@1/dist/`,
  ).catch((error) => error);
  if (bundled instanceof Error) throw bundled;
  assert.equal(bundled.text, first.text);
  say(`the same as code: chunks of ${[...chunks.values()].map(({ length }) => (length / 1e6).toFixed(2)).join(', ')} MB`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  network.close();
  pages.close();
}
console.log(`${lines.length} situations as they should be; ${lines[0]}`);
