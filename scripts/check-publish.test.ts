import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { publishProblems } from './check-publish.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = readdirSync(path.join(ROOT, 'packages'));

it.each(PACKAGES)('%s has its licence and its keywords', (name) => {
  // What is built and the addresses of the repository are asked for when it is published.
  const problems = publishProblems(path.join(ROOT, 'packages', name));
  expect(problems.filter((problem) => !/build it|repository in|homepage|bugs/.test(problem))).toEqual([]);
});

it.each(PACKAGES)('%s is checked by npm publish itself, past the ignore-scripts of .npmrc', (name) => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'packages', name, 'package.json'), 'utf8'));
  // Only what runs before a package is packed obeys publishConfig; prepublishOnly obeys .npmrc.
  expect(manifest.scripts.prepack).toBe('node ../../scripts/check-publish.mjs');
  expect(manifest.publishConfig).toMatchObject({ access: 'public', 'ignore-scripts': false });
});

it('a package without what its entries lead to is not published, nor one that is not described', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'crrg-publish-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const described = {
    description: 'd',
    keywords: ['k'],
    license: 'MIT',
    repository: { url: 'r' },
    homepage: 'h',
  };
  const write = (manifest: object) =>
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } };
  write({ name: 'p', exports, ...described, keywords: [] });
  expect(publishProblems(folder)).toEqual([
    'p: has no ./dist/index.d.ts; build it with npm run build.',
    'p: has no ./dist/index.js; build it with npm run build.',
    'p: has no LICENSE like that of the repository; copy it.',
    'p: names no keywords in package.json; add it.',
    'p: names no bugs in package.json; add it.',
  ]);
  mkdirSync(path.join(folder, 'dist'));
  for (const file of ['index.d.ts', 'index.js']) writeFileSync(path.join(folder, 'dist', file), '');
  cpSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  write({ name: 'p', exports, ...described, bugs: { url: 'b' } });
  expect(publishProblems(folder)).toEqual([]);
});
