import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = path.resolve(SRC, '../..');
const RESVG = path.resolve(createRequire(import.meta.url).resolve('@resvg/resvg-js'), '../..');
/** What a server does: a PNG with text, and the demonstration model; prints the bytes and the name, or the errors. */
const SERVER = `
  import { renderSvgPng } from './svg-png-node.js';
  import { openBundle } from './open-bundle.js';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text x="5" y="20">Notice</text></svg>';
  const told = (error) => error.name + ': ' + error.message;
  const fontFolder = process.env.FONTS;
  void (async () => {
    const png = await renderSvgPng(svg, { fontFolder }).then((bytes) => Buffer.from(bytes).toString('base64'), told);
    const model = await openBundle('tiny', 'weights').then((bundle) => bundle.manifest.name, told);
    console.log(JSON.stringify({ png, model }));
  })();
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crrg-bundled-'));
  install('@resvg', RESVG);
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(name: string, from: string): void {
  const target = path.join(folder, 'node_modules', name);
  mkdirSync(path.dirname(target), { recursive: true });
  symlinkSync(from, target);
}

async function serve(format: 'cjs' | 'esm', fonts = ''): Promise<{ png: string; model: string }> {
  const outfile = path.join(folder, 'app', 'out', format === 'cjs' ? 'server.cjs' : 'server.mjs');
  await build({
    stdin: { contents: SERVER, resolveDir: SRC },
    bundle: true,
    minify: true,
    platform: 'node',
    format,
    conditions: ['@crrg/source'],
    external: ['@resvg/resvg-js'],
    logLevel: 'silent',
    outfile,
  });
  const env = { ...process.env, NODE_OPTIONS: '', ...(fonts && { FONTS: fonts }) };
  const out = execFileSync(process.execPath, [outfile], { cwd: tmpdir(), env, encoding: 'utf8' });
  return JSON.parse(out) as { png: string; model: string };
}

describe.each(['cjs', 'esm'] as const)('a server that a bundler made one %s file of', (format) => {
  it('refuses a PNG without its fonts, and says how to get fonts and demonstration model there', async () => {
    const { png, model } = await serve(format);
    expect(png).toMatch(
      /^BackendError: .*expected the font noto-sans-latin-400.ttf, got none .*; keep .* fontFolder\.$/,
    );
    expect(model).toMatch(
      /^CheckpointError: .*expected weights in the package @crrg\/model-tiny, got none; install it/,
    );
  });

  it('finds both in node_modules, and fonts in a copy of their folder', async () => {
    const fonts = path.join(folder, 'copied');
    cpSync(path.join(PACKAGES, 'pipeline', 'fonts'), fonts, { recursive: true });
    const copied = await serve(format, fonts);
    install('@crrg/pipeline', path.join(PACKAGES, 'pipeline'));
    install('@crrg/model-tiny', path.join(PACKAGES, 'model-tiny'));
    const { png, model } = await serve(format);
    expect(png).toMatch(/^iVBOR/);
    expect(png.length).toBeGreaterThan(600);
    expect(png).toBe(copied.png);
    expect(model).toBe('crrg-tiny');
  });
});
