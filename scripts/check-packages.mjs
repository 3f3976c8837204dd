// Builds, packs and lints every package, installs the tarballs in an empty project and runs runtime-tests there.
// Prints a line a check and ends with `N passed, N failed, N skipped`; exit code 1 where one failed. `--keep` leaves the project in
// place, `--no-build` takes the dist folders as they are.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SKIPPED = 77;
const TIMEOUT_MS = 600_000;
/** Optional peers that the runtime tests use. */
const PEERS = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-web'];

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const totals = { passed: 0, failed: 0, skipped: 0 };

function report(outcome, name, detail = '') {
  totals[outcome] += 1;
  console.log(`${outcome.padEnd(7)} ${name}${detail ? `: ${detail}` : ''}`);
}

/** Runs a command; its output and exit code. */
function execute(command, args, options = {}) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      NO_UPDATE_NOTIFIER: '1',
      npm_config_loglevel: 'error',
      ...options.env,
    };
    const child = spawn(command, args, { cwd: options.cwd ?? ROOT, env, timeout: TIMEOUT_MS });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', (error) => resolve({ code: 1, out, err: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, out, err }));
  });
}

function publicPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((folder) => ({ folder, manifestFile: join(ROOT, 'packages', folder, 'package.json') }))
    .filter(({ manifestFile }) => existsSync(manifestFile))
    .map(({ folder, manifestFile }) => ({ folder, manifest: readJson(manifestFile) }))
    .filter(({ manifest }) => !manifest.private);
}

async function build() {
  const { code, out, err } = await execute('npx', [
    'turbo',
    'run',
    'build',
    '--filter=./packages/*',
    '--output-logs=errors-only',
  ]);
  report(code === 0 ? 'passed' : 'failed', 'build', code === 0 ? '' : `\n${out}${err}`);
  return code === 0;
}

/** Packs every package; name to tarball. */
async function pack(packages, destination) {
  mkdirSync(destination, { recursive: true });
  const workspaces = packages.flatMap(({ manifest }) => ['-w', manifest.name]);
  const { code, out, err } = await execute('npm', [
    'pack',
    ...workspaces,
    '--pack-destination',
    destination,
    '--json',
  ]);
  if (code !== 0) {
    report('failed', 'pack', err);
    return undefined;
  }
  const packed = JSON.parse(out);
  report(
    'passed',
    'pack',
    `${packed.length} tarballs, ${(packed.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)} MB`,
  );
  return new Map(
    packed.map(({ name, filename }) => [
      name,
      join(destination, filename.replace('@', '').replace('/', '-')),
    ]),
  );
}

async function lint({ manifest }, tarball) {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    level: 'warning',
    strict: true,
  });
  report(
    messages.length === 0 ? 'passed' : 'failed',
    `publint ${manifest.name}`,
    messages.map((message) => formatMessage(message, manifest)).join('; '),
  );
}

/** An empty project that depends on the tarballs alone. */
async function install(tarballs, project) {
  const [tfjs, onnx] = ['backend-tfjs', 'backend-onnx'].map((name) =>
    readJson(join(ROOT, 'packages', name, 'package.json')),
  );
  const versions = { ...tfjs.peerDependencies, ...onnx.peerDependencies };
  const dependencies = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]));
  const peers = Object.fromEntries(PEERS.map((name) => [name, versions[name]]));
  mkdirSync(project, { recursive: true });
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'consumer',
      private: true,
      type: 'module',
      dependencies: { ...dependencies, ...peers },
    }),
  );
  // The native runtime's install script fetches GPU libraries that nothing here uses.
  const { code, err } = await execute(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'],
    { cwd: project },
  );
  report(code === 0 ? 'passed' : 'failed', 'install the tarballs', code === 0 ? '' : err);
  return code === 0;
}

function checksUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? checksUnder(path) : /^check-.*\.[cm]js$/.test(entry.name) ? [path] : [];
  });
}

async function runChecks(project) {
  const folder = join(project, 'runtime-tests');
  cpSync(join(ROOT, 'runtime-tests'), folder, { recursive: true });
  for (const file of checksUnder(folder)) {
    const { code, out, err } = await execute('node', [file], {
      cwd: project,
      env: { CRRG_TOOLS: join(ROOT, 'package.json') },
    });
    const outcome = code === 0 ? 'passed' : code === SKIPPED ? 'skipped' : 'failed';
    report(
      outcome,
      relative(project, file),
      (outcome === 'failed' ? `${out}${err}` : (out.split('\n').at(-2) ?? '')).trim(),
    );
  }
}

async function main() {
  const temporary = mkdtempSync(join(tmpdir(), 'crrg-packages-'));
  const project = join(temporary, 'consumer');
  try {
    if (!process.argv.includes('--no-build') && !(await build())) return;
    const packages = publicPackages();
    const tarballs = await pack(packages, join(temporary, 'tarballs'));
    if (!tarballs) return;
    for (const each of packages) await lint(each, tarballs.get(each.manifest.name));
    if (await install(tarballs, project)) await runChecks(project);
  } finally {
    if (process.argv.includes('--keep')) console.log(`kept ${project}`);
    else rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

await main();
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
