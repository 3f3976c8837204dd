/**
 * `npm run release:dry`: all of a release but telling the world. In a copy of the repository it makes the versions and changelogs, builds, asks
 * whether every package may be published, publishes to a registry of its own, writes the bill of materials, and installs and runs the packages
 * in empty projects. Prints a table and ends with `N passed, N failed, N skipped`; exit code 1 where one failed.
 *
 *   npm run release:dry                 a small choice of projects in which every two settings meet
 *   npm run release:dry -- --all        all 24
 *   npm run release:dry -- --quick      one project
 *   npm run release:dry -- --only TEXT  those of the 24 whose name has the text, such as "node 22 pnpm"
 *   npm run release:dry -- --out DIR    where sbom.cdx.json, the tables and the changelogs go
 *   npm run release:dry -- --keep       leaves copy and projects in place
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publishProblems } from '../check-publish.mjs';
import { coveringCombinations, everyCombination, nameOf } from './combinations.js';
import { contentProblems, contentTable, type Packed } from './contents.js';
import { checkCombination, type CheckResult, type Surroundings } from './project.js';
import { startRegistry, type Registry } from './registry.js';
import { licenseOf, licenseProblems, missingComponents, type Bom } from './sbom.js';
import { mustRun } from './shell.js';
import { installTools } from './tools.js';
import { copyRepository, publicPackages, type PublicPackage } from './workspace.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'release');
const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    out: { type: 'string', default: path.join(CACHE, 'out') },
  },
});
const OUT = path.resolve(options.out);
const totals = { passed: 0, failed: 0, skipped: 0 };
const start = Date.now();

/** Counts a step and says how it went. */
function report(name: string, problems: readonly string[], detail = ''): void {
  totals[problems.length === 0 ? 'passed' : 'failed'] += 1;
  const time = `${Math.round((Date.now() - start) / 1000)} s`.padStart(6);
  console.log(
    `${time}  ${problems.length === 0 ? 'passed' : 'failed'}  ${name}${detail ? `: ${detail}` : ''}`,
  );
  for (const problem of problems) console.log(`          ${problem}`);
}

/** Versions and changelogs: every package goes to the same next version, and none to 1.0.0 by surprise. */
async function makeVersions(copy: string): Promise<{ version: string; packages: PublicPackage[] }> {
  const before = publicPackages(copy)[0]!.manifest.version;
  await mustRun('npm', ['run', '--silent', 'release:version'], { cwd: copy });
  const packages = publicPackages(copy);
  const versions = [...new Set(packages.map(({ manifest }) => manifest.version))];
  const version = versions[0]!;
  const isOne = versions.length === 1 && version !== before;
  const isMajor = version.split('.')[0] !== before.split('.')[0];
  report(
    'versions',
    [
      ...(isOne ? [] : [`expected one next version, got ${versions.join(', ')} after ${before}`]),
      ...(isMajor ? [`expected no major version, got ${version} after ${before}`] : []),
    ],
    `${before} to ${version}, ${packages.length} packages`,
  );
  for (const { folder } of packages) {
    cpSync(path.join(folder, 'CHANGELOG.md'), path.join(OUT, 'changelogs', `${path.basename(folder)}.md`));
  }
  return { version, packages };
}

async function build(copy: string): Promise<void> {
  await mustRun(
    'npx',
    [
      'turbo',
      'run',
      'build',
      '--filter=./packages/*',
      '--output-logs=errors-only',
      `--cache-dir=${CACHE}/turbo`,
    ],
    {
      cwd: copy,
      env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    },
  );
  report('build', []);
}

/** What hinders publishing; the address of the repository is an open point that a dry release goes past. */
function checkPublishable(packages: readonly PublicPackage[]): void {
  const problems = packages.flatMap(({ folder }) => publishProblems(folder));
  const open = problems.filter((problem) => /names no (repository|homepage|bugs)/.test(problem));
  report(
    'may be published',
    problems.filter((problem) => !open.includes(problem)),
  );
  if (open.length === 0) return;
  totals.skipped += 1;
  console.log(
    `          open: ${open.length} fields repository, homepage, bugs are missing; npm run release refuses until the repository has an address.`,
  );
}

async function checkContents(copy: string, packages: readonly PublicPackage[]): Promise<void> {
  const workspaces = packages.flatMap(({ manifest }) => ['-w', manifest.name]);
  const packed = JSON.parse(
    await mustRun('npm', ['pack', ...workspaces, '--dry-run', '--json'], { cwd: copy }),
  ) as Packed[];
  const folders = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  const problems = packed.flatMap((each) =>
    contentProblems(each, (file) => readFileSync(path.join(folders.get(each.name)!, file), 'utf8')),
  );
  const table = contentTable(packed);
  writeFileSync(path.join(OUT, 'contents.md'), `${table}\n`);
  report('contents', problems, `${packed.length} tarballs`);
  console.log(table);
}

async function publish(copy: string, registry: Registry, packages: readonly PublicPackage[]): Promise<void> {
  const workspaces = packages.flatMap(({ manifest }) => ['-w', manifest.name]);
  // Each package's own check would refuse it for want of an address; what it asks was asked above.
  const args = ['publish', ...workspaces, '--ignore-scripts', '--registry', registry.url];
  await mustRun('npm', args, { cwd: copy, env: { npm_config_userconfig: registry.userconfig } });
  const missing: string[] = [];
  for (const { manifest } of packages) {
    const { ok } = await fetch(`${registry.url}${manifest.name.replace('/', '%2f')}/${manifest.version}`);
    if (!ok) missing.push(`${manifest.name} is not in the registry`);
  }
  report('publish to the local registry', missing);
}

/** The bill of materials of a project that depends on every package. */
async function writeBom(
  scratch: string,
  registry: Registry,
  packages: readonly PublicPackage[],
): Promise<void> {
  const folder = path.join(scratch, 'sbom');
  mkdirSync(folder);
  const dependencies = Object.fromEntries(packages.map(({ manifest }) => [manifest.name, manifest.version]));
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'crrg', version: '0.0.0', private: true, dependencies }),
  );
  writeFileSync(path.join(folder, '.npmrc'), `registry=${registry.url}\n`);
  await mustRun('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: folder });
  const text = await mustRun(
    'npm',
    ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--omit=dev'],
    { cwd: folder },
  );
  writeFileSync(path.join(OUT, 'sbom.cdx.json'), text);
  const bom = JSON.parse(text) as Bom;
  const others = bom.components.filter(({ name }) => !name.startsWith('@crrg/'));
  const manifests = packages.map(({ manifest }) => manifest);
  report('bill of materials', missingComponents(bom, manifests), `${others.length} third-party packages`);
  const licenses = [...new Set(others.map(licenseOf))].sort().join(', ');
  report('licences', licenseProblems(bom), licenses);
}

function isReachable(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A row of the table: the outcome of each check. */
function rowOf(name: string, results: readonly CheckResult[], seconds: number): string {
  const cells = results.map(
    ({ check, problem, detail }) => `${problem ? 'FAILED ' : ''}${check}${detail ? ` (${detail})` : ''}`,
  );
  return `| ${name} | ${cells.join('; ')} | ${seconds} s |`;
}

async function installEverywhere(around: Surroundings): Promise<void> {
  const { only } = options;
  const chosen =
    only !== undefined
      ? everyCombination().filter((each) => nameOf(each).includes(only))
      : options.all
        ? everyCombination()
        : coveringCombinations();
  if (chosen.length === 0)
    throw new Error(`--only: expected part of a name such as "node 22 pnpm", got ${only}.`);
  const rows = ['| project | outcome | time |', '| --- | --- | --- |'];
  for (const combination of options.quick ? chosen.slice(0, 1) : chosen) {
    const began = Date.now();
    const results = await checkCombination(combination, around);
    const name = nameOf(combination);
    for (const { check, problem, detail } of results)
      report(`${name}: ${check}`, problem ? [problem] : [], detail);
    rows.push(rowOf(name, results, Math.round((Date.now() - began) / 1000)));
  }
  const table = rows.join('\n');
  writeFileSync(path.join(OUT, 'projects.md'), `${table}\n`);
  console.log(`\n${table}\n`);
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'crrg-release-'));
  const copy = path.join(scratch, 'copy');
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(path.join(OUT, 'changelogs'), { recursive: true });
  let registry: Registry | undefined;
  try {
    const toolsReady = installTools(CACHE);
    toolsReady.catch(() => {});
    await copyRepository(ROOT, copy);
    const { version, packages } = await makeVersions(copy);
    await build(copy);
    checkPublishable(packages);
    await checkContents(copy, packages);
    const tools = await toolsReady;
    report('tools', []);
    const uplink = (await mustRun('npm', ['config', 'get', 'registry'], { cwd: ROOT })).trim();
    registry = await startRegistry(tools, path.join(scratch, 'registry'), uplink);
    await publish(copy, registry, packages);
    await writeBom(scratch, registry, packages);
    await installEverywhere({
      tools,
      registry: registry.url,
      version,
      folder: path.join(scratch, 'projects'),
      consumer: fileURLToPath(new URL('consumer', import.meta.url)),
      film: path.join(ROOT, 'packages/image/src/__fixtures__/film.png'),
      store: path.join(CACHE, 'pnpm-store'),
      isNugetReachable: await isReachable('https://api.nuget.org/v3/index.json'),
    });
  } catch (error) {
    report('release', [error instanceof Error ? error.message : String(error)]);
  } finally {
    registry?.stop();
    if (options.keep) console.log(`kept ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

await main();
console.log(`results in ${path.relative(process.cwd(), OUT) || '.'}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
