// Which files of the repository are pages of the site, and under which addresses.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the page of a file is; the first that fits. */
const ADDRESSES: readonly (readonly [RegExp, string])[] = [
  [/^docs\/generated\/(.+)$/, 'api/$1'],
  [/^docs\/(.+\/)?README\.md$/, '$1index.md'],
  [/^docs\/(.+)$/, '$1'],
  [/^packages\/model-tiny\/weights\/MODEL_CARD\.md$/, 'models/demonstration-report.md'],
  [/^packages\/model-tiny\/classifier\/MODEL_CARD\.md$/, 'models/demonstration-classifier.md'],
  [/^packages\/([^/]+)\/README\.md$/, 'packages/$1.md'],
  [/^examples\/README\.md$/, 'examples/index.md'],
  [/^examples\/([^/]+)\/README\.md$/, 'examples/$1.md'],
  [/^(parity|recipes|benchmarks)\/README\.md$/, 'development/$1.md'],
  [/^CONTRIBUTING\.md$/, 'development/contributing.md'],
  [/^README\.md$/, 'index.md'],
];

/** Files that are no pages although an address fits, and those that no address fits. */
export const EXCLUDED = [
  'README.md',
  '.changeset/**',
  'shared/**',
  '**/CHANGELOG.md',
  '**/src/**',
  'packages/pipeline/fonts/**',
  'examples/*/*/**',
  'runtime-tests/**',
  'scripts/**',
];

/** The page of a Markdown file, both as paths: from the root of the repository, and from that of the site. */
export function pageOf(file: string): string | undefined {
  const rule = ADDRESSES.find(([pattern]) => pattern.test(file));
  return rule && file.endsWith('.md') ? file.replace(...rule) : undefined;
}

/** Where a link of a file of the repository leads on the site: `null` for a file that is no page, undefined where it leads out. */
export function linkOnSite(file: string, target: string): string | null | undefined {
  if (/^(?:[a-z][a-z\d+.-]*:|\/|#)/i.test(target)) return undefined;
  const [name = '', anchor] = target.split('#', 2);
  const found = path.posix.join(path.posix.dirname(file), name);
  if (found.endsWith('.schema.json')) return `/schemas/${path.posix.basename(found)}`;
  const page = pageOf(found) ?? pageOf(path.posix.join(found, 'README.md'));
  if (page === undefined) return null;
  return `/${page}${anchor ? `#${anchor}` : ''}`;
}
