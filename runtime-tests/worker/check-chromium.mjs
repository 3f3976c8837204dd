// The packed packages say the same in a page and in its workers, under a policy that allows no script but those of the server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findChromium, postedOutcome } from '../browser/chromium.mjs';
import { bundleForBrowser } from '../bundler/bundle.mjs';

const chromium = findChromium();
const installed = (...parts) => join(process.cwd(), 'node_modules', ...parts);
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; frame-ancestors 'none'";

const [page, worker] = [
  await bundleForBrowser('../worker/page.mjs'),
  await bundleForBrowser('../worker/own-worker.mjs'),
];
const asked = new Set();
const outcome = await postedOutcome(
  chromium,
  (path) => {
    const script = (body) => ({ type: 'text/javascript', body });
    asked.add(path);
    if (path === '/page.js') return script(page.code);
    // The first name is that of the package's own script, which bundlers that follow addresses would write.
    if (path === '/report-worker-browser.js' || path === '/own-worker.js') return script(worker.code);
    if (path.startsWith('/model/'))
      return { body: readFileSync(installed('@crrg/model-tiny', path.slice(7))) };
    if (!path.startsWith('/ort/')) return undefined;
    const body = readFileSync(installed('onnxruntime-web/dist', basename(path)));
    return path.endsWith('.wasm') ? { type: 'application/wasm', body } : script(body);
  },
  { 'content-security-policy': POLICY },
);
assert.ok(outcome.startsWith('{'), outcome);
const { here, bundled, own, refused } = JSON.parse(outcome);
const { longest, ...expected } = here;
assert.deepEqual(expected.events, ['regions', 'report']);
assert.deepEqual([expected.labels, expected.aborted, expected.disposed], [1, 'enough', 'DISPOSED']);
assert.match(expected.error, /^image\./);
for (const there of [bundled, own]) {
  const { longest: _, ...same } = there;
  assert.deepEqual(same, expected);
}
assert.match(refused, /BackendError: pipeline\.worker: .*could not be loaded/);
assert.ok(asked.has('/report-worker-browser.js') && asked.has('/own-worker.js'));
console.log(
  `equal in a page and its workers; longest block of the page ${longest} ms, with a worker ${bundled.longest} ms`,
);
