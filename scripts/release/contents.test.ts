import { expect, it } from 'vitest';
import { contentProblems, contentTable, type Packed } from './contents.js';

const packed = (...files: string[]): Packed => ({
  name: '@crrg/core',
  size: 1_000_000,
  unpackedSize: 2_500_000,
  files: ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', ...files].map((path) => ({
    path,
    size: 500_000,
  })),
});
const nothing = () => '{}';

it('tests, fixtures and files of the build are named', () => {
  const files = [
    'src/box.test.ts',
    'src/__fixtures__/a.png',
    'tsup.config.ts',
    '.env',
    'dist/index.js',
    'src/testing.ts',
  ];
  expect(contentProblems(packed(...files), nothing)).toEqual([
    '@crrg/core: holds a test: src/box.test.ts',
    '@crrg/core: holds a folder of development: src/__fixtures__/a.png',
    '@crrg/core: holds a file of the build: tsup.config.ts',
    '@crrg/core: holds a hidden file: .env',
  ]);
});

it('a tarball without a licence or changelog is named', () => {
  const { files, ...rest } = packed();
  expect(contentProblems({ ...rest, files: files.slice(0, 2) }, nothing)).toEqual([
    '@crrg/core: lacks LICENSE',
    '@crrg/core: lacks CHANGELOG.md',
  ]);
});

it('a source map may point to a file of the tarball or carry its text, and to nothing else', () => {
  const map = JSON.stringify({
    sources: ['../src/a.ts', '../src/b.ts', '../src/c.ts'],
    sourcesContent: ['text', null, null],
  });
  expect(contentProblems(packed('dist/index.js.map', 'src/b.ts'), () => map)).toEqual([
    '@crrg/core: dist/index.js.map points to ../src/c.ts, which is not there',
  ]);
});

it('the table has the sizes of a tarball, its sources and its maps', () => {
  expect(contentTable([packed('src/a.ts', 'dist/a.js.map')]).split('\n')[2]).toBe(
    '| @crrg/core | 1.00 MB | 2.50 MB | 6 | 0.50 MB | 0.50 MB |',
  );
});
