// Tries every example as a user has it: copied to an empty folder, installed with the packed packages, and run by its own check.mjs.
//
//   npm run test:examples                 all of them
//   npm run test:examples -- next web     these
//
// Prints a line each and ends with `N passed, N failed, N skipped`; exit code 1 where one failed. `--quick` leaves out those whose manifest
// says `"config": { "slow": true }`; `--no-build`, `--tarballs FOLDER` and `--keep` as in check-packages.mjs.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, execute } from './packed/execute.mjs';
import { installProject, packedPackages, readJson } from './packed/packages.mjs';
import { createTally } from './packed/tally.mjs';

const EXAMPLES = join(ROOT, 'examples');
/** What checks share: they import it from the folder above. */
const TOOLS = 'check-tools.mjs';
/** What a build or a run of an example leaves in its folder, which is not part of it. */
const LEFT_BEHIND = new Set(['node_modules', 'dist', '.next', 'package-lock.json']);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    tarballs: { type: 'string' },
  },
});
const tally = createTally();

const manifestOf = (name) => readJson(join(EXAMPLES, name, 'package.json'));
const isSlow = (name) => manifestOf(name).config?.slow === true;

/** The names to try. Reports those that do not exist, and those that are left out. */
function chooseExamples() {
  const all = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'check.mjs')));
  for (const name of positionals.filter((each) => !all.includes(each)))
    tally.report('failed', name, `expected one of ${all.join(', ')}`);
  const chosen = all.filter((name) => positionals.length === 0 || positionals.includes(name));
  const left = values.quick ? chosen.filter(isSlow) : [];
  for (const name of left) tally.report('skipped', name, `slow; npm run test:examples -- ${name}`);
  return chosen.filter((name) => !left.includes(name));
}

async function tryExample(name, scratch, tarballs) {
  const folder = join(scratch, name);
  const start = performance.now();
  const filter = (file) => !LEFT_BEHIND.has(basename(file));
  cpSync(join(EXAMPLES, name), folder, { recursive: true, filter });
  if (!(await installProject(tally, name, folder, manifestOf(name), tarballs))) return;
  const installed = performance.now();
  const result = await execute('node', ['check.mjs'], {
    cwd: folder,
    env: { CRRG_TOOLS: join(ROOT, 'package.json') },
  });
  const seconds = [installed - start, performance.now() - installed].map((ms) => (ms / 1000).toFixed(0));
  tally.ended(name, result, ` (installed in ${seconds[0]} s, checked in ${seconds[1]} s)`);
}

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), 'crrg-examples-'));
  try {
    const names = chooseExamples();
    if (names.length === 0) return;
    const folder = values.tarballs ?? join(scratch, 'tarballs');
    const tarballs = await packedPackages(tally, folder, { build: !values['no-build'] });
    if (!tarballs) return;
    cpSync(join(EXAMPLES, TOOLS), join(scratch, TOOLS));
    cpSync(join(EXAMPLES, 'radiographs'), join(scratch, 'radiographs'), { recursive: true });
    for (const name of names) {
      await tryExample(name, scratch, tarballs);
      if (!values.keep) rmSync(join(scratch, name), { recursive: true, force: true, maxRetries: 3 });
    }
  } finally {
    if (values.keep) console.log(`kept ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

await main();
tally.close();
