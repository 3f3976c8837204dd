import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { defineConfig } from 'tsup';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const versionIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
const sibling = (name: string) => versionIn(path.join(import.meta.dirname, '..', name, 'package.json'));
const runtime = path.join(path.dirname(require.resolve('onnxruntime-web')), '..', 'package.json');

const PINNED = {
  modelTiny: sibling('model-tiny'),
  image: sibling('image'),
  onnxruntimeWeb: versionIn(runtime),
};

const inCdn = (file: string) => path.join(import.meta.dirname, 'src', 'cdn', file);

/** What a script tag finds on the server of the script, where a bundler would put it beside the page. */
const fromServer: Plugin = {
  name: 'from-server',
  setup(build) {
    build.onResolve({ filter: /\/tiny-address\.js$/ }, ({ importer }) =>
      importer === inCdn('tiny-address.ts') ? undefined : { path: inCdn('tiny-address.ts') },
    );
    build.onResolve({ filter: /^#native$/ }, () => ({ path: inCdn('native.ts') }));
  },
};

/** One file for `<script type="module">`, and one for its worker: everything but the engine, the weights and the workers of DICOM files. */
export default defineConfig({
  entry: { crrg: 'src/browser.ts', 'report-worker-browser': 'src/worker/report-worker-browser.ts' },
  outDir: 'dist/cdn',
  format: ['esm'],
  platform: 'browser',
  target: 'es2022',
  noExternal: [/.*/],
  esbuildPlugins: [fromServer],
  esbuildOptions(options) {
    options.conditions = ['@crrg/source', 'browser', 'module', 'import'];
    options.define = { ...options.define, PINNED: JSON.stringify(PINNED) };
    options.inject = [inCdn('worker.ts')];
  },
  splitting: false,
  minify: true,
  clean: false,
});
