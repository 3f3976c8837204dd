// The project of all apps: that of examples/bundlers with scripts of its own and every engine installed.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execute, ROOT } from '../packed/execute.mjs';
import { installProject, packedPackages, readJson } from '../packed/packages.mjs';
import type { Tally } from '../packed/tally.mjs';
import type { App } from './pairs.js';

/** Engines that the example leaves out. */
const MORE_ENGINES = ['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-webgpu'];
const BUILDS: Readonly<Partial<Record<App['runs'], readonly string[]>>> = {
  bundle: [
    'node_modules/esbuild/bin/esbuild',
    'src/server.js',
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--outfile=dist/server.cjs',
    '--log-level=error',
    ...['onnxruntime-node', 'onnxruntime-web', 'sharp', '@resvg/resvg-js', '@crrg/backend-tfjs'].map(
      (name) => `--external:${name}`,
    ),
  ],
  vite: ['node_modules/vite/bin/vite.js', 'build'],
  webpack: ['node_modules/webpack/bin/webpack.js'],
  rollup: ['node_modules/rollup/dist/bin/rollup', '-c', '--silent'],
  esbuild: ['esbuild.config.js'],
};

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function manifest(): Record<string, unknown> {
  const example = readJson(join(ROOT, 'examples/bundlers/package.json')) as Manifest;
  const versions = (readJson(join(ROOT, 'packages/backend-tfjs/package.json')) as Manifest).peerDependencies;
  const engines = Object.fromEntries(MORE_ENGINES.map((name) => [name, versions[name]]));
  return { ...example, dependencies: { ...example.dependencies, ...engines } };
}

/** The folder of the binaries that TensorFlow.js fetches in a page, which a site hosts. */
export const TFJS_WASM = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';

/** TensorFlow's addon, built before, where an app would have installed it. */
function linkTfjsNode(folder: string, built: string): void {
  const place = join(folder, 'node_modules/@tensorflow/tfjs-node');
  if (!existsSync(place)) symlinkSync(join(built, 'node_modules/@tensorflow/tfjs-node'), place);
}

/** Makes the project in a folder; whether that worked. */
export async function makeProject(
  tally: Tally,
  folder: string,
  options: { tarballs: string; build: boolean; tfjsNode?: string | undefined },
): Promise<boolean> {
  const tarballs = await packedPackages(tally, options.tarballs, { build: options.build });
  if (!tarballs) return false;
  const example = join(ROOT, 'examples/bundlers');
  mkdirSync(join(folder, 'src'), { recursive: true });
  for (const name of readdirSync(example).filter((each) => each.endsWith('.js')))
    cpSync(join(example, name), join(folder, name));
  const scripts = join(ROOT, 'scripts/apps/app');
  cpSync(scripts, join(folder, 'src'), { recursive: true });
  cpSync(join(scripts, 'index.html'), join(folder, 'index.html'));
  if (!(await installProject(tally, 'install', folder, manifest(), tarballs))) return false;
  if (options.tfjsNode) linkTfjsNode(folder, options.tfjsNode);
  return true;
}

/** Builds what apps run; the bundlers that failed, with what they said. */
export async function buildApps(folder: string, apps: readonly App['runs'][]): Promise<Map<string, string>> {
  const failed = new Map<string, string>();
  for (const name of new Set(apps)) {
    const command = BUILDS[name];
    if (!command) continue;
    const { code, out, err } = await execute('node', command, { cwd: folder });
    if (code !== 0) failed.set(name, `${out}${err}`);
  }
  return failed;
}

/** The version of an installed package. */
export function installedVersion(folder: string, name: string): string {
  const file = join(folder, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'none';
}

/** Writes the script of the page without a build, which names where its packages are. */
export function writeWithoutBuild(folder: string, script: string): void {
  const file = join(folder, 'src/without-build.js');
  const source = readFileSync(join(ROOT, 'scripts/apps/app/without-build.js'), 'utf8');
  writeFileSync(file, source.replace('CRRG_SCRIPT', script));
}
