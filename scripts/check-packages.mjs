// Builds, packs and lints every package, installs the tarballs in an empty project and runs runtime-tests there.
// Prints a line a check and ends with `N passed, N failed, N skipped`; exit code 1 where one failed. `--keep` leaves the project in
// place, `--no-build` takes the dist folders as they are, `--tarballs FOLDER` takes the tarballs that are there, or leaves them there.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT, execute } from './packed/execute.mjs';
import { installProject, packedPackages, publicPackages, readJson } from './packed/packages.mjs';
import { createTally } from './packed/tally.mjs';

/** Optional peers that the runtime tests use. */
const PEERS = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm', 'onnxruntime-web'];

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    tarballs: { type: 'string' },
  },
});
const tally = createTally();

async function lint({ manifest }, tarball) {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    level: 'warning',
    strict: true,
  });
  tally.report(
    messages.length === 0 ? 'passed' : 'failed',
    `publint ${manifest.name}`,
    messages.map((message) => formatMessage(message, manifest)).join('; '),
  );
}

/** An empty project that depends on the tarballs and the peers alone. */
async function install(tarballs, project) {
  const [tfjs, onnx] = ['backend-tfjs', 'backend-onnx'].map((name) =>
    readJson(join(ROOT, 'packages', name, 'package.json')),
  );
  const versions = { ...tfjs.peerDependencies, ...onnx.peerDependencies };
  const dependencies = [...tarballs.keys()].map((name) => [name, '*']);
  const peers = PEERS.map((name) => [name, versions[name]]);
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...dependencies, ...peers]),
  };
  const installed = await installProject(tally, 'install the tarballs', project, manifest, tarballs);
  if (installed) tally.report('passed', 'install the tarballs');
  return installed;
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
  const env = { CRRG_TOOLS: join(ROOT, 'package.json') };
  for (const file of checksUnder(folder))
    tally.ended(relative(project, file), await execute('node', [file], { cwd: project, env }));
}

async function main() {
  const temporary = mkdtempSync(join(tmpdir(), 'crrg-packages-'));
  const project = join(temporary, 'consumer');
  try {
    const folder = values.tarballs ?? join(temporary, 'tarballs');
    const tarballs = await packedPackages(tally, folder, { build: !values['no-build'] });
    if (!tarballs) return;
    for (const each of publicPackages()) await lint(each, tarballs.get(each.manifest.name));
    if (await install(tarballs, project)) await runChecks(project);
  } finally {
    if (values.keep) console.log(`kept ${project}`);
    else rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

await main();
tally.close();
