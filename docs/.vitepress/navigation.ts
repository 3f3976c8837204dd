// The menus of the site. Lists of packages, examples and decisions are read from the repository.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { ROOT } from './pages.js';

type Item = DefaultTheme.SidebarItem;

const item = (text: string, link: string): Item => ({ text, link });
const group = (text: string, items: Item[], collapsed = false): Item => ({ text, items, collapsed });
const list = (folder: string) =>
  existsSync(path.join(ROOT, folder)) ? readdirSync(path.join(ROOT, folder)).sort() : [];
const titleOf = (file: string) => /^# (.+)$/m.exec(readFileSync(path.join(ROOT, file), 'utf8'))?.[1] ?? file;

const decisions = () =>
  list('docs/decisions')
    .filter((file) => file !== 'README.md')
    .map((file) => item(titleOf(`docs/decisions/${file}`), `/decisions/${file.replace('.md', '')}`));

const packages = () => list('packages').map((name) => item(`@crrg/${name}`, `/packages/${name}`));

const examples = () =>
  list('examples')
    .filter((name) => name !== 'radiographs' && existsSync(path.join(ROOT, 'examples', name, 'README.md')))
    .map((name) => item(titleOf(`examples/${name}/README.md`), `/examples/${name}`));

/** Modules of the API, which scripts/docs/make-api.mjs writes. */
const api = () => {
  const folder = path.join(ROOT, 'docs/generated/@crrg');
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return files
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort()
    .map((name) => item(`@crrg/${name}`, `/api/@crrg/${name}`));
};

const detailed = () =>
  list('docs/reference')
    .filter(
      (file) =>
        file.endsWith('.md') &&
        !['README.md', 'configuration.md', 'errors.md', 'report-json.md'].includes(file),
    )
    .map((file) => item(titleOf(`docs/reference/${file}`), `/reference/${file.replace('.md', '')}`));

const guide = (): Item[] => [
  group('Guide', [
    item('Node.js', '/guide/node'),
    item('Browser', '/guide/browser'),
    item('Server', '/guide/server'),
    item('Command line', '/guide/command-line'),
    item('DICOM films', '/dicom'),
  ]),
  group('Models', [
    item('Bring your weights', '/guide/weights'),
    item('Engines', '/engines'),
    item('Apps and engines', '/apps'),
    item('Time and memory', '/performance'),
    item('Demonstration report model', '/models/demonstration-report'),
    item('Demonstration classifier', '/models/demonstration-classifier'),
  ]),
  group('Train and evaluate', [
    item('Train on your studies', '/guide/train'),
    item('Texts to train on', '/training-texts'),
    item('Evaluate reports', '/guide/evaluate'),
    item('The paper, end to end', '/paper'),
  ]),
  group('Examples', [item('All examples', '/examples/'), ...examples()]),
  group('About', [item('Intended use and limits', '/about/limits'), item('Privacy', '/about/privacy')]),
];

const reference = (): Item[] => [
  group('Use', [
    item('Errors', '/reference/errors'),
    item('Doubts', '/doubts'),
    item('The report as JSON', '/reference/report-json'),
    item('Configuration', '/reference/configuration'),
  ]),
  group('Packages', packages()),
  group(
    'The system, number by number',
    [item('Overview of the reference', '/reference/'), ...detailed()],
    true,
  ),
  group(
    'Development',
    [
      item('Architecture', '/architecture'),
      item('Contributing', '/development/contributing'),
      item('Recipes', '/development/recipes'),
      item('Parity', '/development/parity'),
      item('Benchmarks', '/development/benchmarks'),
    ],
    true,
  ),
];

/** Links at the top of every page. */
export const nav = (): DefaultTheme.NavItem[] => [
  { text: 'Guide', link: '/guide/node', activeMatch: '^/(?:guide|models|about|examples)/' },
  { text: 'Reference', link: '/reference/errors', activeMatch: '^/(?:reference|packages|doubts)' },
  { text: 'API', link: '/api/', activeMatch: '^/api/' },
  { text: 'Decisions', link: '/decisions/', activeMatch: '^/decisions/' },
];

/** What stands beside a page, by the beginning of its address. */
export function sidebar(): DefaultTheme.SidebarMulti {
  const beside = reference();
  return {
    '/api/': [group('API', [item('All modules', '/api/'), ...api()])],
    '/decisions/': [group('Decisions', [item('What records are', '/decisions/'), ...decisions()])],
    ...Object.fromEntries(
      ['/reference/', '/packages/', '/development/', '/architecture', '/doubts'].map((start) => [
        start,
        beside,
      ]),
    ),
    '/': guide(),
  };
}
