// Refuses to publish a package that is not built or not described: run by npm before it publishes, in the folder of the package, or with folders as
// arguments. Prints one line a problem; exit code 1 where there is one.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LICENSE = fileURLToPath(new URL('../LICENSE', import.meta.url));
const FIELDS = ['description', 'keywords', 'license', 'repository', 'homepage', 'bugs'];

/** Paths that an entry of `exports`, `imports` or `bin` leads to. */
function targetsOf(entry) {
  if (typeof entry === 'string') return entry.startsWith('.') ? [entry] : [];
  return Object.values(entry ?? {}).flatMap(targetsOf);
}

/** Why a package cannot be published yet, one line each. */
export function publishProblems(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const targets = [manifest.exports, manifest.imports, manifest.bin].flatMap(targetsOf);
  const absent = [...new Set(targets)].filter((path) => !existsSync(join(folder, path)));
  const license = join(folder, 'LICENSE');
  const isLicensed = existsSync(license) && readFileSync(license, 'utf8') === readFileSync(LICENSE, 'utf8');
  return [
    ...absent.map((path) => `has no ${path}; build it with npm run build.`),
    ...(isLicensed ? [] : ['has no LICENSE like that of the repository; copy it.']),
    ...FIELDS.filter((field) => !manifest[field]?.length && !manifest[field]?.url).map(
      (field) => `names no ${field} in package.json; add it.`,
    ),
  ].map((problem) => `${manifest.name}: ${problem}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folders = process.argv.length > 2 ? process.argv.slice(2) : ['.'];
  const problems = folders.flatMap((folder) => publishProblems(resolve(folder)));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
