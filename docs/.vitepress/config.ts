import { copyFileSync, createReadStream, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { slug } from 'github-slugger';
import { defineConfig, type SiteConfig } from 'vitepress';
import { setUpMarkdown } from './markdown.js';
import { nav, sidebar } from './navigation.js';
import { EXCLUDED, pageOf, ROOT } from './pages.js';

/** Files of the repository that are files of the site: the picture of the home page, and schemas. */
const FILES = new Map([
  ['report.png', 'examples/report.png'],
  ['icon.svg', 'examples/web/public/icon.svg'],
  ...['packages/pipeline/schemas', 'docs/reference'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((file) => file.endsWith('.schema.json'))
      .map((file): [string, string] => [`schemas/${file}`, `${folder}/${file}`]),
  ),
]);

function copyFiles({ outDir }: SiteConfig): void {
  mkdirSync(path.join(outDir, 'schemas'), { recursive: true });
  for (const [name, file] of FILES) copyFileSync(path.join(ROOT, file), path.join(outDir, name));
}

export default defineConfig({
  title: 'CRRG',
  description: 'A chest radiograph in, a region-grounded report out, on any machine that runs JavaScript',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  srcDir: '..',
  srcExclude: EXCLUDED,
  rewrites: (file) => pageOf(file) ?? file,
  outDir: '.vitepress/dist',
  cacheDir: path.join(ROOT, 'node_modules/.cache/vitepress'),
  cleanUrls: true,
  lastUpdated: false,
  markdown: { attrs: { disable: true }, anchor: { slugify: slug }, config: setUpMarkdown },
  themeConfig: {
    nav: nav(),
    sidebar: sidebar(),
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // Guides before the API, which has every word many times.
          searchOptions: {
            boostDocument: (id: string) =>
              /^\/(?:guide|about)\//.test(id) ? 2 : /^\/api\//.test(id) ? 0.5 : 1,
          },
        },
      },
    },
  },
  vite: {
    plugins: [
      {
        name: 'files-of-the-repository',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => {
            const file = FILES.get(request.url?.slice(1) ?? '');
            if (file) createReadStream(path.join(ROOT, file)).pipe(response);
            else next();
          });
        },
      },
    ],
  },
  buildEnd: copyFiles,
});
