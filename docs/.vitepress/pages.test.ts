import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesUnder } from '../../scripts/imports.mjs';
import { nav, sidebar } from './navigation.js';
import { linkOnSite, pageOf, ROOT } from './pages.js';

describe('pageOf', () => {
  it.each([
    ['docs/guide/node.md', 'guide/node.md'],
    ['docs/reference/README.md', 'reference/index.md'],
    ['docs/generated/@crrg/core.md', 'api/@crrg/core.md'],
    ['packages/metrics/README.md', 'packages/metrics.md'],
    ['packages/model-tiny/weights/MODEL_CARD.md', 'models/demonstration-report.md'],
    ['examples/README.md', 'examples/index.md'],
    ['examples/web/README.md', 'examples/web.md'],
    ['CONTRIBUTING.md', 'development/contributing.md'],
    ['packages/metrics/src/index.ts', undefined],
  ])('%s is %s', (file, page) => expect(pageOf(file)).toBe(page));
});

describe('linkOnSite', () => {
  it.each([
    ['docs/guide/node.md', 'weights.md#a', '/guide/weights.md#a'],
    ['docs/guide/node.md', '../../packages/cli/README.md', '/packages/cli.md'],
    ['examples/README.md', 'web', '/examples/web.md'],
    ['docs/guide/train.md', '../reference/rclip-study.schema.json', '/schemas/rclip-study.schema.json'],
    ['docs/reference/datasets.md', '../../packages/datasets/src/index.ts', null],
    ['docs/guide/node.md', 'https://example.org/a.md', undefined],
    ['docs/guide/node.md', '#below', undefined],
  ])('from %s to %s is %s', (file, target, link) => expect(linkOnSite(file, target)).toBe(link));
});

it('every item of a menu leads to a page of the repository, and every guide is in a menu', () => {
  const files = filesUnder(ROOT, /\.md$/).map((file) => path.relative(ROOT, file).split(path.sep).join('/'));
  const addresses = new Set(
    files.flatMap((file) => pageOf(file) ?? []).map((page) => `/${page.replace(/(?:index)?\.md$/, '')}`),
  );
  const linked = [...JSON.stringify([nav(), sidebar()]).matchAll(/"link":"([^"]+)"/g)].map(
    ([, link]) => link!,
  );
  const written = linked.filter((link) => !link.startsWith('/api/'));
  expect(written.length).toBeGreaterThan(50);
  expect(written.filter((link) => !addresses.has(link))).toEqual([]);
  const guides = [...addresses].filter((page) => /^\/(?:guide|about|reference|decisions)\//.test(page));
  expect(guides.filter((page) => !linked.includes(page))).toEqual([]);
});
