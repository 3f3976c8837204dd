// Checks that packages use each other only as scripts/boundaries.json allows and that neither packages nor files import each other in a
// circle, not even for a type. Prints one line a problem; exit code 1 where there is one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findCircles, formatCircle } from './find-circles.mjs';
import { candidatesOf, readSources } from './imports.mjs';

const SCOPE = '@crrg/';
/** The packages that alone may import an engine. */
const ENGINE_OWNERS = { 'backend-onnx': /^onnxruntime-/, 'backend-tfjs': /^@tensorflow\// };
const TEST_FILE = /(\.test(-d)?\.ts$)|(^|[/])__fixtures__[/]/;
const NODE_FILE = /(^|[/-])node\.[jt]s$/;
const PRIVATE_ROOTS = ['examples', 'recipes', 'benchmarks', 'parity', 'runtime-tests', 'scripts'];
const builtins = new Set(builtinModules);

const isEngine = (name) => Object.values(ENGINE_OWNERS).some((names) => names.test(name));
const isBuiltin = (specifier) => specifier.startsWith('node:') || builtins.has(specifier.split('/')[0]);
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function loadPackages(root) {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json')))
    .map(({ name }) => {
      const folder = join(root, 'packages', name);
      const files = readSources(join(folder, 'src')).map((file) => ({
        ...file,
        isTest: TEST_FILE.test(file.path.split(sep).join('/')),
      }));
      return { name, folder, manifest: readJson(join(folder, 'package.json')), files };
    });
}

/** Packages of ours that a manifest names outside devDependencies. */
function declaredSiblings(manifest) {
  const fields = [manifest.dependencies, manifest.peerDependencies, manifest.optionalDependencies];
  return [...new Set(fields.flatMap((field) => Object.keys(field ?? {})))]
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length));
}

function checkDeclaredEdges({ name, manifest }, allowed) {
  const where = `packages/${name}/package.json`;
  if (!allowed[name]) return [`${where}: "${name}" has no entry in scripts/boundaries.json; add one.`];
  return declaredSiblings(manifest)
    .filter((sibling) => !allowed[name].includes(sibling))
    .map(
      (sibling) => `${where}: depends on ${SCOPE}${sibling}, which scripts/boundaries.json does not allow.`,
    );
}

/** The table is a picture of what is there: it names no package and no arrow that does not exist. */
function checkTable(allowed, packages) {
  const byName = new Map(packages.map((each) => [each.name, each]));
  return Object.entries(allowed).flatMap(([name, siblings]) => {
    const owner = byName.get(name);
    if (!owner) return [`scripts/boundaries.json: "${name}" is no package; remove it.`];
    const declared = declaredSiblings(owner.manifest);
    return siblings
      .filter((sibling) => !declared.includes(sibling))
      .map(
        (sibling) =>
          `scripts/boundaries.json: ${name} does not depend on ${sibling}; remove it from the list of ${name}.`,
      );
  });
}

/** Why an import past a package's front door is refused, if it is. */
function deepImport(specifier, packages) {
  const target = packages.find(({ name }) => packageOf(specifier) === SCOPE + name);
  if (!target) return `imports ${specifier}, which is no package here`;
  const entry = `.${specifier.slice(SCOPE.length + target.name.length)}`;
  return target.manifest.exports?.[entry]
    ? undefined
    : `imports ${specifier}, which ${SCOPE}${target.name} does not export`;
}

function checkImport({ specifier, kind }, file, owner, packages, allowed) {
  const {
    dependencies = {},
    peerDependencies = {},
    optionalDependencies = {},
    devDependencies = {},
  } = owner.manifest;
  if (specifier.startsWith('.')) {
    const inside = resolve(dirname(file.path), specifier).startsWith(owner.folder + sep);
    return inside ? undefined : `imports ${specifier} from outside its package`;
  }
  if (isBuiltin(specifier)) return undefined;
  if (specifier.startsWith('#'))
    return owner.manifest.imports?.[specifier]
      ? undefined
      : `imports ${specifier}, which its package.json does not map`;
  const name = packageOf(specifier);
  if (isEngine(name) && !ENGINE_OWNERS[owner.name]?.test(name))
    return `imports ${name}; only the backend packages may`;
  const declared = { ...dependencies, ...peerDependencies, ...optionalDependencies };
  if (!name.startsWith(SCOPE)) {
    if (file.isTest || name in declared || (kind === 'type' && name in devDependencies)) return undefined;
    // A conformance suite runs inside the caller's vitest.
    if (name === 'vitest' && file.path.includes(`${sep}testing${sep}`)) return undefined;
    return `imports ${name}, which its package.json does not declare`;
  }
  const sibling = name.slice(SCOPE.length);
  if (sibling === owner.name) return `imports itself as ${specifier}; use a relative path`;
  const deep = deepImport(specifier, packages);
  if (deep) return deep;
  if (file.isTest && name in devDependencies) return undefined;
  if (!allowed[owner.name]?.includes(sibling))
    return `imports ${specifier}, which scripts/boundaries.json does not allow`;
  return name in declared ? undefined : `imports ${specifier}, which its package.json does not declare`;
}

function checkImports(owner, packages, allowed, root) {
  return owner.files.flatMap((file) =>
    file.imports.flatMap((each) => {
      const problem = checkImport(each, file, owner, packages, allowed);
      return problem ? [`${relative(root, file.path)}: ${problem}.`] : [];
    }),
  );
}

/** Circles among packages. Development dependencies count: build order follows them. */
function checkPackageCircles(packages) {
  const edges = new Map(
    packages.map(({ name, manifest, files }) => {
      const imported = files.flatMap(({ isTest, imports }) =>
        isTest ? [] : imports.map(({ specifier }) => packageOf(specifier)),
      );
      const development = Object.keys(manifest.devDependencies ?? {});
      const siblings = [...imported, ...development]
        .filter((each) => each.startsWith(SCOPE))
        .map((each) => each.slice(SCOPE.length));
      return [name, new Set([...declaredSiblings(manifest), ...siblings])];
    }),
  );
  return findCircles(edges).map((circle) => `packages: import circle ${formatCircle(circle)}.`);
}

/** Source files that a condition of an entry in `imports` or `exports` leads to. */
function targetsOf(entry, folder) {
  if (typeof entry === 'string') return [join(folder, entry)];
  return Object.values(entry ?? {}).flatMap((each) => targetsOf(each, folder));
}

/** Circles among the files of one folder: values, types and what is loaded later alike. */
function checkFileCircles({ files, folder, manifest }, root) {
  const known = new Set(files.map(({ path }) => path));
  const successors = ({ path, imports }) =>
    imports.flatMap(({ specifier }) => {
      if (specifier.startsWith('#')) return targetsOf(manifest?.imports?.[specifier], folder);
      return specifier.startsWith('.') ? candidatesOf(specifier, path) : [];
    });
  const edges = new Map(files.map((file) => [file.path, successors(file).filter((path) => known.has(path))]));
  return findCircles(edges).map((circle) => {
    const names = circle.map((path) => relative(root, path).split(sep).join('/'));
    return `files: import circle ${formatCircle(names)}.`;
  });
}

/**
 * Node-only modules that the isomorphic entry, or its form for browsers, would load. Files named `*-node.ts` may be reached by dynamic
 * import. A package with a program runs in Node alone.
 */
function checkIsomorphic(owner, root) {
  if (owner.manifest.bin) return [];
  const source = owner.manifest.exports?.['.']?.['@crrg/source'];
  const entry = source?.browser ?? source;
  if (!entry) return [`packages/${owner.name}/package.json: has no "." entry with a source condition.`];
  const byPath = new Map(owner.files.map((file) => [file.path, file]));
  const problems = [];
  const seen = new Set();
  const visit = (path) => {
    const file = byPath.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    for (const { specifier, kind } of file.imports) {
      if (kind === 'type') continue;
      if (isBuiltin(specifier) || (specifier.startsWith(SCOPE) && specifier.endsWith('/node'))) {
        problems.push(
          `${relative(root, path)}: loads ${specifier} but is reachable from the package's isomorphic entry; move it behind ./node.`,
        );
      }
      if (!specifier.startsWith('.') || (kind === 'dynamic' && NODE_FILE.test(specifier))) continue;
      visit(resolve(dirname(path), specifier.replace(/\.js$/, '.ts')));
    }
  };
  visit(join(owner.folder, entry));
  return problems;
}

function checkHouse({ name, folder, manifest }) {
  const missing = [
    ...['README.md', 'src/index.ts']
      .filter((file) => !existsSync(join(folder, file)))
      .map((file) => `has no ${file}`),
    ...['license', 'description']
      .filter((field) => !manifest[field])
      .map((field) => `names no ${field} in package.json`),
    ...(manifest.name === SCOPE + name ? [] : [`is called ${manifest.name}; expected ${SCOPE}${name}`]),
  ];
  return missing.map((problem) => `packages/${name}: ${problem}.`);
}

/** Folders of code around the packages; a workspace among them has a manifest. */
function loadPrivateRoots(root) {
  return PRIVATE_ROOTS.map((name) => {
    const folder = join(root, name);
    const file = join(folder, 'package.json');
    return {
      name,
      folder,
      manifest: existsSync(file) ? readJson(file) : undefined,
      files: readSources(folder),
    };
  });
}

/**
 * Code around the packages may use every public entry, and nothing behind one, and other private workspaces of this scope, such as `parity`.
 * The packages never use it.
 */
function checkPrivateRoots(root, packages, roots) {
  const targets = [...packages, ...roots.filter(({ name, manifest }) => manifest?.name === SCOPE + name)];
  const problemOf = (specifier, path, { name: home, manifest }) => {
    if (specifier.startsWith(SCOPE)) {
      const isDeclared = !manifest || packageOf(specifier) in (manifest.dependencies ?? {});
      const undeclared = `imports ${specifier}, which ${home}/package.json does not declare`;
      return deepImport(specifier, targets) ?? (isDeclared ? undefined : undeclared);
    }
    if (!specifier.startsWith('.')) return undefined;
    const target = relative(root, resolve(dirname(path), specifier))
      .split(sep)
      .join('/');
    if (target.startsWith('packages/')) return `imports ${specifier} past the package's exports`;
    const isOwn = target.startsWith(`${home}/`) || !target.includes('/');
    return isOwn ? undefined : `imports ${specifier} from outside its folder`;
  };
  return roots.flatMap((owner) =>
    owner.files.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier }) => {
        const problem = problemOf(specifier, path, owner);
        return problem ? [`${relative(root, path)}: ${problem}.`] : [];
      }),
    ),
  );
}

/** Every violation in a repository, one line each. */
export function checkBoundaries(root) {
  const allowed = readJson(join(root, 'scripts', 'boundaries.json'));
  const packages = loadPackages(root);
  const roots = loadPrivateRoots(root);
  return [
    ...checkTable(allowed, packages),
    ...packages.flatMap((owner) => [
      ...checkHouse(owner),
      ...checkDeclaredEdges(owner, allowed),
      ...checkImports(owner, packages, allowed, root),
      ...checkIsomorphic(owner, root),
    ]),
    ...checkPackageCircles(packages),
    ...[...packages, ...roots].flatMap((owner) => checkFileCircles(owner, root)),
    ...checkPrivateRoots(root, packages, roots),
  ];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.argv[2] ? resolve(process.argv[2]) : fileURLToPath(new URL('..', import.meta.url));
  const problems = checkBoundaries(root);
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'boundaries: no problems' : `boundaries: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
