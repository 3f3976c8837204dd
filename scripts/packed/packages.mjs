// Builds and packs the packages as they are published, and installs projects that use the tarballs: one definition for every check of them.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, execute } from './execute.mjs';
import { withTarballs } from './with-tarballs.mjs';

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Folders and manifests of the packages that are published. */
export function publicPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((folder) => ({ folder, manifestFile: join(ROOT, 'packages', folder, 'package.json') }))
    .filter(({ manifestFile }) => existsSync(manifestFile))
    .map(({ folder, manifestFile }) => ({ folder, manifest: readJson(manifestFile) }))
    .filter(({ manifest }) => !manifest.private);
}

async function build(tally) {
  const args = ['turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only'];
  const { code, out, err } = await execute('npx', args);
  tally.report(code === 0 ? 'passed' : 'failed', 'build', code === 0 ? '' : `\n${out}${err}`);
  return code === 0;
}

const tarballOf = ({ name, version }) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;

/** Where the tarballs of the packages are in a folder; undefined where one is missing. */
function findTarballs(folder) {
  const tarballs = publicPackages().map(({ manifest }) => [manifest.name, join(folder, tarballOf(manifest))]);
  return tarballs.every(([, file]) => existsSync(file)) ? new Map(tarballs) : undefined;
}

async function pack(tally, folder) {
  mkdirSync(folder, { recursive: true });
  const workspaces = publicPackages().flatMap(({ manifest }) => ['-w', manifest.name]);
  const { code, err } = await execute('npm', ['pack', ...workspaces, '--pack-destination', folder]);
  const tarballs = code === 0 ? findTarballs(folder) : undefined;
  const bytes = [...(tarballs?.values() ?? [])].reduce((sum, file) => sum + statSync(file).size, 0);
  const detail = tarballs ? `${tarballs.size} tarballs, ${(bytes / 1e6).toFixed(1)} MB` : err;
  tally.report(tarballs ? 'passed' : 'failed', 'pack', detail);
  return tarballs;
}

/**
 * The tarball of every package by its name: those that are in `folder` already, else built and packed into it; undefined where that failed.
 * @param {{ build?: boolean }} [options] `build: false` packs the dist folders as they are
 */
export async function packedPackages(tally, folder, options = {}) {
  const found = findTarballs(folder);
  if (found) return found;
  if (options.build !== false && !(await build(tally))) return undefined;
  return pack(tally, folder);
}

/** Installs a project with the tarballs in place of our packages; whether that worked. */
export async function installProject(tally, name, folder, manifest, tarballs) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(withTarballs(manifest, tarballs), null, 2));
  // The native runtime's install script fetches GPU libraries that nothing here uses.
  const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code, out, err } = await execute('npm', args, { cwd: folder });
  if (code !== 0) tally.report('failed', name, `install: ${out}${err}`);
  return code === 0;
}
