// Runs page.mjs in headless Chromium on a page from this machine.
import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { bundleForBrowser } from '../bundler/bundle.mjs';
import { findChromium, outcomeOfPage } from './chromium.mjs';

const chromium = findChromium();
const TYPES = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const { code } = await bundleForBrowser('../browser/page.mjs');

const outcome = await outcomeOfPage(chromium, async (path) => {
  if (path === '/page.js') return { type: 'text/javascript', body: code };
  if (!path.startsWith('/ort/')) return undefined;
  const file = join(process.cwd(), 'node_modules', 'onnxruntime-web', 'dist', basename(path));
  return { type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
});
console.log(outcome);
process.exitCode = outcome.startsWith('passed') ? 0 : 1;
