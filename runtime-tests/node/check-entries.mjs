// Imports every public entry of every installed package.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules', '@crrg');
const problems = [];
let entries = 0;

async function check(name, entry, target) {
  const specifier = `@crrg/${name}${entry.slice(1)}`;
  entries += 1;
  if (typeof target.types === 'string' && !existsSync(join(folder, name, target.types)))
    problems.push(`${specifier}: ${target.types} is not in the package`);
  try {
    const module = await import(specifier);
    if (Object.keys(module).length === 0) problems.push(`${specifier}: exports nothing`);
  } catch (error) {
    problems.push(`${specifier}: ${error.message.split('\n')[0]}`);
  }
}

for (const name of readdirSync(folder)) {
  const { exports } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
  for (const [entry, target] of Object.entries(exports)) {
    // Test helpers import the caller's test runner, a script of workers runs in none else; a data file is no module.
    if (!['./testing', './worker'].includes(entry) && !/\.(json|txt)$/.test(entry))
      await check(name, entry, target);
  }
}
assert.deepEqual(problems, []);
console.log(`${entries} entries`);
