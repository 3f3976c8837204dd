/**
 * `npm run apps`: the packed packages in small apps, on every engine: whether they work, say what plain Node says, and what they cost. Prints a
 * Markdown table; exit code 1 where a pair fails or says something else.
 *
 *   npm run apps                       all apps on `onnx`, and plain Node and the page of Vite on every engine
 *   npm run apps -- --all              every app on every engine that it can take
 *   npm run apps -- --only TEXT        pairs whose name has the text, such as "vite: tfjs"; plain Node is always there
 *   npm run apps -- --out docs/apps.md writes the page of the documentation
 *
 * `--no-build`, `--tarballs FOLDER` and `--keep` as in scripts/check-packages.mjs. `CRRG_TFJS_NODE` names a folder of scripts/build-tfjs-node.mjs,
 * `CHROMIUM` the browser; `CRRG_BROWSER_GPU=hardware` takes the machine's own GPU.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { nameInstructionSet, readProcessor } from '@crrg/parity/processor';
import { findChromium } from '@crrg/parity/chromium';
import { ROOT } from '../packed/execute.mjs';
import { createTally } from '../packed/tally.mjs';
import { canCompare, isFault, judge } from './compare.js';
import { runInNode } from './node-app.js';
import type { AppAnswer, Outcome, Visit } from './outcome.js';
import { choosePairs, isPage, nameOf, type Pair } from './pairs.js';
import { runInPage } from './page-app.js';
import { buildApps, installedVersion, makeProject } from './project.js';
import { renderPage, renderTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
    keep: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    tarballs: { type: 'string' },
  },
});
const FILMS = ['nih-00001749_003.jpg', 'nih-00001403_002.jpg'].map((name) =>
  path.join(ROOT, 'examples/radiographs', name),
);
const VERSIONS = ['@crrg/pipeline', 'onnxruntime-node', 'onnxruntime-web', '@tensorflow/tfjs'];
const BUNDLERS = ['vite', 'webpack', 'rollup', 'esbuild'];
const tfjsNode = process.env['CRRG_TFJS_NODE'];
const chromium = findChromium();
const tally = createTally();

/** Where and on what the table was made. */
function factsOf(folder: string, load: number): string[] {
  const processor = readProcessor();
  const versions = (names: readonly string[]) =>
    names.map((name) => `${name} ${installedVersion(folder, name)}`).join(', ');
  const browser =
    chromium && execFileSync(chromium, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  return [
    `${processor.name}, ${availableParallelism()} processors, ${nameInstructionSet(processor)}; load at the start ${load.toFixed(1)}`,
    `Node ${process.version.slice(1)}; ${browser ?? 'no Chromium on this machine: pages were left out'}`,
    `${versions(VERSIONS)}; ${versions(BUNDLERS)}`,
  ];
}

async function runPair(pair: Pair, folder: string, broken: ReadonlyMap<string, string>): Promise<Outcome> {
  const reason = broken.get(pair.app.runs);
  if (reason === undefined)
    return isPage(pair.app) ? runInPage(pair, folder, FILMS, chromium!) : runInNode(pair, folder, FILMS);
  const answer: AppAnswer = { error: { name: 'Error', code: null, message: `the build failed: ${reason}` } };
  return { pair, answer };
}

/** Runs the pairs; the first must give a visit, with which the others are compared. */
async function runAll(folder: string): Promise<{ outcomes: Outcome[]; reference: Visit } | undefined> {
  const hardware = process.env['CRRG_BROWSER_GPU'] === 'hardware';
  const pairs = choosePairs({ ...options, hasTfjsNode: tfjsNode !== undefined, hardware });
  const possible = pairs.filter(({ app }) => chromium !== undefined || !isPage(app));
  const broken = await buildApps(
    folder,
    possible.map(({ app }) => app.runs),
  );
  const outcomes: Outcome[] = [];
  let reference: Visit | undefined;
  for (const pair of possible) {
    const outcome = await runPair(pair, folder, broken);
    outcomes.push(outcome);
    reference ??= outcome.answer.visit;
    if (!reference) break;
    const verdict = judge(outcome, reference);
    tally.report(isFault(verdict) ? 'failed' : 'passed', nameOf(pair), verdict.detail);
  }
  if (reference && canCompare(reference)) return { outcomes, reference };
  const reason = reference ? 'its reports are empty or alike' : outcomes[0]?.answer.error?.message;
  tally.report('failed', nameOf(pairs[0]), reason);
  return undefined;
}

async function main(scratch: string): Promise<void> {
  const load = loadavg()[0]!;
  const folder = path.join(scratch, 'apps');
  const tarballs = options.tarballs ?? path.join(scratch, 'tarballs');
  if (!(await makeProject(tally, folder, { tarballs, build: !options['no-build'], tfjsNode }))) return;
  const ran = await runAll(folder);
  if (!ran) return;
  const page = renderPage(renderTable(ran.outcomes, ran.reference), factsOf(folder, load));
  const config = await resolveConfig(path.join(ROOT, 'docs/apps.md'));
  const text = await format(page, { ...config, parser: 'markdown' });
  console.log(`\n${text}`);
  if (options.out) writeFileSync(options.out, text);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'crrg-apps-'));
try {
  await main(scratch);
} finally {
  if (options.keep) console.log(`kept ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
tally.close();
