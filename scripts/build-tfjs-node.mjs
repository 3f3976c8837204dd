// Builds @tensorflow/tfjs-node where its own install script cannot download: the native addon from the C++ sources of npm's package, against the
// TensorFlow library of PyPI's tensorflow-cpu wheel. Usage: node scripts/build-tfjs-node.mjs FOLDER [--wheel FILE] [--headers FOLDER]
// FOLDER gets a node_modules with the built package; 1.2 GB with the wheel. Needs Linux on x64, Python 3 with pip, make and a C++ compiler.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What 4.22.0 asks for is libtensorflow 2.9.1; 2.15.1 is the oldest tried whose wheel holds its C interface apart from Python's. */
const TENSORFLOW = '2.15.1';
const TFJS = '4.22.0';
const NODE_GYP = '11';
const NAPI = '8';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { wheel: { type: 'string' }, headers: { type: 'string' } },
});
if (positionals.length !== 1) {
  console.error('Usage: node scripts/build-tfjs-node.mjs FOLDER [--wheel FILE] [--headers FOLDER]');
  process.exit(2);
}
const folder = resolve(positionals[0]);
const home = join(folder, 'node_modules/@tensorflow/tfjs-node');
const python = process.env.PYTHON ?? 'python3';

function execute(command, args, cwd = folder) {
  console.log(`${command} ${args.join(' ')}`);
  execFileSync(command, args, { cwd, stdio: 'inherit' });
}

function installSources() {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const packages = [`@tensorflow/tfjs-node@${TFJS}`, `node-gyp@${NODE_GYP}`];
  execute('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages]);
}

/** The wheel that was given, or PyPI's. Any Python may fetch it: none of its Python is run. */
function fetchWheel() {
  if (values.wheel) return resolve(values.wheel);
  const wheels = join(folder, 'wheel');
  const platform = ['--only-binary=:all:', '--python-version=3.10', '--platform=manylinux2014_x86_64'];
  execute(python, [
    ...['-m', 'pip', 'download', '--quiet', '--no-deps', ...platform],
    ...['--dest', wheels, `tensorflow-cpu==${TENSORFLOW}`],
  ]);
  return join(
    wheels,
    readdirSync(wheels).find((name) => name.includes(TENSORFLOW)),
  );
}

const UNPACK = `
import sys, zipfile
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    wanted = ("tensorflow/libtensorflow_", "tensorflow/include/tensorflow/", "tensorflow/include/tsl/")
    archive.extractall(folder, [name for name in names if name.startswith(wanted)])
`;

/** The library and headers where the sources of the addon look for them, under the names that their linker uses. */
function placeLibrary(wheel) {
  const unpacked = join(folder, 'tensorflow-unpacked');
  execute(python, ['-c', UNPACK, wheel, unpacked]);
  const from = join(unpacked, 'tensorflow');
  const lib = join(home, 'deps/lib');
  rmSync(join(home, 'deps'), { recursive: true, force: true });
  mkdirSync(lib, { recursive: true });
  for (const [file, name] of [
    ['libtensorflow_cc.so.2', 'libtensorflow.so'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
  ]) {
    if (!existsSync(join(from, file)))
      throw new Error(`expected ${file} in ${wheel}; take tensorflow-cpu ${TENSORFLOW}`);
    cpSync(join(from, file), join(lib, file));
    symlinkSync(file, join(lib, name));
  }
  cpSync(join(from, 'include'), join(home, 'deps/include'), { recursive: true });
  rmSync(unpacked, { recursive: true });
}

/** Node's own headers where they are installed, so that nothing is downloaded. */
function findHeaders() {
  const candidates = [values.headers, join(dirname(process.execPath), '..'), '/usr'];
  const found = candidates.find((path) => {
    const file = path && join(path, 'include/node/node_version.h');
    const [major] = process.versions.node.split('.');
    return file && existsSync(file) && readFileSync(file, 'utf8').includes(`NODE_MAJOR_VERSION ${major}\n`);
  });
  return found ? [`--nodedir=${resolve(found)}`] : [];
}

function buildAddon() {
  execute(
    process.execPath,
    [
      join(folder, 'node_modules/node-gyp/bin/node-gyp.js'),
      ...['rebuild', ...findHeaders(), '--module_name=tfjs_binding'],
      ...[`--module_path=${join(home, `lib/napi-v${NAPI}`)}`, `--napi_build_version=${NAPI}`],
      `--napi_version=${NAPI}`,
    ],
    home,
  );
}

installSources();
placeLibrary(fetchWheel());
buildAddon();
const probe =
  "const tf = require('@tensorflow/tfjs-node'); console.log(tf.getBackend(), JSON.stringify(tf.version))";
execute(process.execPath, ['-e', probe]);
