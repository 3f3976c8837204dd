import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, ResolvedConfig, Rollup } from 'vite';

const SERVICE_WORKER = 'service-worker';
/** Of the fonts, those that English needs. */
const FONT = /-latin-wght-normal-.*\.woff2$/;
/** Workers, codecs of DICOM and what they share. Engines are kept when they are first used. */
const SCRIPT = /(film|report)\.worker-|dicom-worker-|runtime-/;

type Output = Rollup.OutputBundle[string];

/** Without these there is no page. */
const isPage = (file: Output) =>
  file.type === 'chunk'
    ? !file.isDynamicEntry
    : /\.(html|css)$/.test(file.fileName) || FONT.test(file.fileName);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !name.endsWith('.md'))
    .map((name) => name.replaceAll('\\', '/'));
}

/** Builds the service worker and tells it which files to fetch at once, and the name of this build. */
export function offlineFiles(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'offline-files',
    apply: 'build',
    enforce: 'post',
    config: () => ({
      build: {
        rollupOptions: {
          input: { index: 'index.html', [SERVICE_WORKER]: `src/${SERVICE_WORKER}.ts` },
          output: {
            entryFileNames: ({ name }) => (name === SERVICE_WORKER ? '[name].js' : 'assets/[name]-[hash].js'),
          },
        },
      },
    }),
    configResolved: (resolved) => void (config = resolved),
    generateBundle(_, bundle) {
      const page: string[] = [];
      const scripts: string[] = [];
      const hash = createHash('sha256');
      for (const file of Object.values(bundle)) {
        if (file.fileName.startsWith('models/')) continue;
        const content = file.type === 'chunk' ? file.code : file.source;
        hash.update(file.fileName).update(content);
        if (file.fileName === `${SERVICE_WORKER}.js`) continue;
        if (isPage(file)) page.push(file.fileName);
        else if (SCRIPT.test(file.fileName)) scripts.push(file.fileName);
      }
      for (const name of filesIn(config.publicDir)) {
        hash.update(readFileSync(join(config.publicDir, name)));
        page.push(name);
      }
      const worker = bundle[`${SERVICE_WORKER}.js`];
      if (worker?.type !== 'chunk') throw new Error('The service worker is not part of the build.');
      const build = hash.digest('hex').slice(0, 12);
      const lists = `PAGE=${JSON.stringify(page)},SCRIPTS=${JSON.stringify(scripts)}`;
      worker.code = `const ${lists},BUILD="${build}";\n${worker.code}`;
    },
  };
}
