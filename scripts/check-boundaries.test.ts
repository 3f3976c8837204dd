import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBoundaries } from './check-boundaries.mjs';

let root: string;

function write(path: string, content: string | object): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

function manifest(name: string, fields: object = {}): object {
  const entry = (file: string) => ({ '@crrg/source': file, default: './dist/index.js' });
  const exports = { '.': entry('./src/index.ts'), './node': entry('./src/node.ts') };
  return { name: `@crrg/${name}`, license: 'MIT', description: 'x', exports, ...fields };
}

function writePackage(name: string, source: string, fields: object = {}): void {
  write(`packages/${name}/package.json`, manifest(name, fields));
  write(`packages/${name}/README.md`, '# x');
  write(`packages/${name}/src/index.ts`, source);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  write('scripts/boundaries.json', { core: [], tensor: ['core'], detector: ['tensor'] });
  writePackage('core', 'export const one = 1;');
  writePackage('tensor', `export { one } from '@crrg/core';`, { dependencies: { '@crrg/core': '1' } });
  writePackage('detector', `import { one } from '@crrg/tensor';\nexport const two = one + one;`, {
    dependencies: { '@crrg/tensor': '1' },
  });
});

afterEach(() => rmSync(root, { recursive: true }));

describe('checkBoundaries', () => {
  it('accepts packages that follow the rules', () => {
    write(
      'packages/detector/src/node.ts',
      `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;`,
    );
    write('packages/detector/src/lazy.ts', `export const load = () => import('./node.js');`);
    write(
      'packages/detector/src/index.ts',
      `import type { Stats } from 'node:fs';\nexport { load } from './lazy.js';\nexport type S = Stats;`,
    );
    write('examples/use.ts', `import { read } from '@crrg/detector/node';\nread('x');`);
    write('parity/package.json', { name: '@crrg/parity', exports: { '.': './src/index.ts' } });
    write('parity/src/index.ts', `export const three = 3;`);
    write('benchmarks/src/use.ts', `import { three } from '@crrg/parity';\nexport default three;`);
    expect(checkBoundaries(root)).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'an import against the direction',
      () => write('packages/core/src/up.ts', `import '@crrg/tensor';`),
      /core\/src\/up.ts: imports @crrg\/tensor, which scripts\/boundaries.json does not allow/,
    ],
    [
      'a dependency against the direction',
      () => writePackage('core', '', { peerDependencies: { '@crrg/detector': '1' } }),
      /core\/package.json: depends on @crrg\/detector/,
    ],
    [
      'a circle of packages',
      () => write('packages/core/src/up.ts', `export const later = () => import('@crrg/detector');`),
      /packages: import circle core -> detector -> tensor -> core\./,
    ],
    [
      'a circle of files',
      () => {
        write('packages/core/src/a.ts', `import { b } from './deep/b.js';\nexport const a = () => b;`);
        write('packages/core/src/deep/b.ts', `import { c } from './c.js';\nexport const b = () => c;`);
        write('packages/core/src/deep/c.ts', `export { a as c } from '../a.js';`);
      },
      /files: import circle packages\/core\/src\/a.ts -> packages\/core\/src\/deep\/b.ts -> packages\/core\/src\/deep\/c.ts -> packages\/core\/src\/a.ts\./,
    ],
    [
      'a circle of files for a type alone',
      () => {
        write('packages/core/src/a.ts', `import { b } from './b.js';\nexport type A = typeof b;`);
        write('packages/core/src/b.ts', `import type { A } from './a.js';\nexport const b: A | 1 = 1;`);
      },
      /files: import circle packages\/core\/src\/a.ts -> packages\/core\/src\/b.ts -> packages\/core\/src\/a.ts\./,
    ],
    [
      'a circle of files through what is loaded later',
      () => {
        write('packages/core/src/a.ts', `export const a = () => import('./b.js');`);
        write('packages/core/src/b.ts', `export { a } from './a.js';`);
      },
      /import circle packages\/core\/src\/a.ts -> packages\/core\/src\/b.ts/,
    ],
    [
      'a circle of files through a mapped import',
      () => {
        const imports = { '#native': { browser: './src/web.ts', default: './src/native.ts' } };
        writePackage('core', `export * from '#native';`, { imports });
        write('packages/core/src/native.ts', `export { version } from './index.js';`);
      },
      /import circle packages\/core\/src\/index.ts -> packages\/core\/src\/native.ts -> packages\/core\/src\/index.ts/,
    ],
    [
      'a circle that a test closes',
      () => {
        write('packages/core/src/a.test.ts', `import './b.test.js';`);
        write('packages/core/src/b.test.ts', `import './a.test.js';`);
      },
      /import circle packages\/core\/src\/a.test.ts/,
    ],
    [
      'a circle of files around the packages',
      () => {
        write('scripts/a.mjs', `import './b.mjs';`);
        write('scripts/b.mjs', `import './a.mjs';`);
      },
      /files: import circle scripts\/a.mjs -> scripts\/b.mjs -> scripts\/a.mjs/,
    ],
    [
      'an import that the manifest does not declare',
      () => writePackage('detector', `import '@crrg/tensor';`),
      /imports @crrg\/tensor, which its package.json does not declare/,
    ],
    [
      'an arrow of the table that no manifest has',
      () => writePackage('detector', ''),
      /boundaries.json: detector does not depend on tensor; remove it/,
    ],
    [
      'a package of the table that is not there',
      () => rmSync(join(root, 'packages/detector'), { recursive: true }),
      /boundaries.json: "detector" is no package; remove it/,
    ],
    [
      'an import that a private workspace does not declare',
      () => {
        write('recipes/package.json', { name: '@crrg-private/recipes' });
        write('recipes/a.ts', `import '@crrg/core';`);
      },
      /recipes\/a.ts: imports @crrg\/core, which recipes\/package.json does not declare/,
    ],
    [
      'an undeclared library',
      () => write('packages/detector/src/a.ts', `import 'left-pad';`),
      /imports left-pad, which its package.json/,
    ],
    [
      'a deep import',
      () => write('packages/detector/src/a.ts', `import '@crrg/tensor/src/index.js';`),
      /imports @crrg\/tensor\/src\/index.js, which @crrg\/tensor does not export/,
    ],
    [
      'a relative import into another package',
      () => write('packages/detector/src/a.ts', `import '../../tensor/src/index.js';`),
      /outside its package/,
    ],
    [
      'a deep import from an example',
      () => write('examples/a.ts', `import '../packages/tensor/src/index.js';`),
      /examples\/a.ts: imports .* past the package's exports/,
    ],
    [
      'a package that imports a private workspace',
      () => {
        write('parity/package.json', { name: '@crrg/parity', exports: { '.': './src/index.ts' } });
        write('packages/detector/src/a.ts', `import '@crrg/parity';`);
      },
      /detector\/src\/a.ts: imports @crrg\/parity, which is no package here/,
    ],
    [
      'a relative import from one private folder into another',
      () => write('benchmarks/src/a.ts', `import '../../parity/src/index.js';`),
      /benchmarks\/src\/a.ts: imports .* from outside its folder/,
    ],
    [
      'the engine of another backend',
      () => {
        write('scripts/boundaries.json', {
          core: [],
          tensor: ['core'],
          detector: ['tensor'],
          'backend-tfjs': [],
        });
        writePackage('backend-tfjs', `import 'onnxruntime-node';\nimport '@tensorflow/tfjs';`, {
          dependencies: { 'onnxruntime-node': '1', '@tensorflow/tfjs': '1' },
        });
      },
      /^packages\/backend-tfjs\/src\/index.ts: imports onnxruntime-node; only the backend packages may/,
    ],
    [
      'an engine outside the backends',
      () => write('packages/detector/src/a.test.ts', `import * as tf from '@tensorflow/tfjs';`),
      /a.test.ts: imports @tensorflow\/tfjs; only the backend packages may/,
    ],
    [
      'a node module behind the isomorphic entry',
      () => {
        write(
          'packages/core/src/file.ts',
          `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;`,
        );
        write('packages/core/src/index.ts', `export * from './file.js';`);
      },
      /core\/src\/file.ts: loads node:fs/,
    ],
    [
      'a node module by its bare name',
      () => write('packages/core/src/index.ts', `export { join } from 'path';`),
      /loads path/,
    ],
    [
      'a missing README',
      () => rmSync(join(root, 'packages/core/README.md')),
      /packages\/core: has no README.md/,
    ],
    ['a package that the table does not know', () => writePackage('extra', ''), /"extra" has no entry/],
  ])('finds %s', (_what, breakIt, message) => {
    breakIt();
    expect(
      checkBoundaries(root).some((problem) => message.test(problem)),
      checkBoundaries(root).join('\n'),
    ).toBe(true);
  });
});
