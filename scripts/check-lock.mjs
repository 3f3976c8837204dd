/**
 * Every optional package that the lock file's packages name has an entry of its own in the lock file: `npm ci` refuses a lock file that lacks
 * one, on any platform, and `npm install` writes such a file when the registry lacks that version of one platform's package.
 */
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Whether Node, looking from `folder` up, would find `name`. */
function isLocked(folder, name) {
  if (packages[`${folder}/node_modules/${name}`]) return true;
  const parent = folder.lastIndexOf('/node_modules/');
  return parent < 0
    ? packages[`node_modules/${name}`] !== undefined
    : isLocked(folder.slice(0, parent), name);
}

const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(folder, name))
    .map(([name, range]) => `${folder || 'crrg'} wants ${name}@${range}`),
);
for (const line of missing) console.error(line);
if (missing.length > 0) {
  console.error(
    'package-lock.json lacks optional packages: pin the package that wants them to a version with all platforms published.',
  );
  process.exitCode = 1;
}
