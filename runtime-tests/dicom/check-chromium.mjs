// One film in every compressed syntax: the packed packages say the same of it in Node and in headless Chromium.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createReportPipeline, loadBackend } from '@crrg/pipeline';
import { findChromium, postedOutcome } from '../browser/chromium.mjs';
import { bundleForBrowser } from '../bundler/bundle.mjs';
import { answersOf } from './answers.mjs';

const chromium = findChromium();
const installed = (...parts) => join(process.cwd(), 'node_modules', ...parts);
const FILMS = join(dirname(process.env.CRRG_TOOLS), 'packages/image/src/dicom/__fixtures__/syntaxes');
const names = readdirSync(FILMS).filter((name) => name.endsWith('.dcm'));
const cut = { name: 'cut.dcm', bytes: readFileSync(join(FILMS, names[0])).subarray(0, 9000) };
const filmOf = (name) => (name === cut.name ? cut.bytes : readFileSync(join(FILMS, name)));

const { code, inputs } = await bundleForBrowser('../dicom/page.mjs');
assert.ok(
  !inputs.some((path) => /dicom-parser|codec-/.test(path)),
  'a page that reads no DICOM loads no codec',
);

const workers = new Map();
const outcome = await postedOutcome(chromium, (path) => {
  const script = (body) => ({ type: 'text/javascript', body });
  if (path === '/page.js') return script(code);
  if (path === '/films.json') return { type: 'application/json', body: JSON.stringify([...names, cut.name]) };
  if (path.startsWith('/films/')) return { body: filmOf(basename(path)) };
  if (path.startsWith('/model/')) return { body: readFileSync(installed('@crrg/model-tiny', path.slice(7))) };
  if (path.startsWith('/ort/')) {
    const body = readFileSync(installed('onnxruntime-web/dist', basename(path)));
    return path.endsWith('.wasm') ? { type: 'application/wasm', body } : script(body);
  }
  if (!path.startsWith('/dicom-worker')) return undefined;
  const body = readFileSync(installed('@crrg/image/dist', basename(path)));
  workers.set(basename(path), body);
  // Bundlers take a mention of what only Node has for a use of it.
  assert.doesNotMatch(body.toString(), /__filename|__dirname|\brequire\(/, path);
  return script(body);
});
assert.ok(outcome.startsWith('['), outcome);
const inPage = JSON.parse(outcome);

const backend = await loadBackend('onnx-wasm', { threads: 1 });
const pipeline = await createReportPipeline({ backend });
const inNode = await answersOf(pipeline, [...names, cut.name], filmOf);
pipeline.dispose();

for (const [at, answer] of inPage.entries()) {
  const { probability, ...rest } = inNode[at];
  assert.deepEqual({ ...answer, probability: undefined }, { ...rest, probability: undefined });
  if (probability !== undefined) assert.ok(Math.abs(answer.probability - probability) < 1e-4, answer.name);
}
assert.equal(new Set(inPage.flatMap(({ text }) => text ?? [])).size, 1, 'one film, one text');
assert.match(inPage.at(-1).refusal, /cut off/);
const bytes = [...workers].map(([name, body]) => `${name} ${(gzipSync(body).length / 1000).toFixed(0)} kB`);
console.log(`${names.length} syntaxes equal in Node and Chromium; gzip: ${bytes.join(', ')}`);
