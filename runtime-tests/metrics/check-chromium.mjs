// The packed @crrg/metrics alone, bundled for browsers, in headless Chromium.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findChromium, outcomeOfPage } from '../browser/chromium.mjs';
import { withProject } from './project.mjs';

const chromium = findChromium();
const esbuild = createRequire(process.env.CRRG_TOOLS)('esbuild');

await withProject(async (folder) => {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['metrics/page.mjs'],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    outdir: '/',
    metafile: true,
    logLevel: 'silent',
  });
  const external = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter((each) => each.external),
  );
  assert.deepEqual(external, [], 'imports left in the bundle');
  const scripts = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const lexicons = [...scripts.values()].filter((code) => code.length > 300_000);
  assert.equal(lexicons.length, 1, 'the lexicon is a file of its own');

  const outcome = await outcomeOfPage(chromium, (path) => {
    const script = scripts.get(basename(path));
    if (script) return { type: 'text/javascript', body: script };
    if (path !== '/wordnet-3.0.txt') return undefined;
    const file = join(folder, 'node_modules', '@crrg', 'metrics', 'data', 'wordnet-3.0.txt');
    return { type: 'text/plain', body: readFileSync(file) };
  });
  const code = [...scripts.values()].filter((each) => !lexicons.includes(each));
  const packed = code.reduce((sum, each) => sum + gzipSync(each).length, 0);
  console.log(
    `${outcome}; ${(packed / 1000).toFixed(0)} kB of code and ${(gzipSync(lexicons[0]).length / 1000).toFixed(0)} kB of lexicon, gzip`,
  );
  process.exitCode = outcome === 'passed' ? 0 : 1;
});
