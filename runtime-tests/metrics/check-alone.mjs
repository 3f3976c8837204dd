// The packed @crrg/metrics alone in an empty project: import and require().
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withProject } from './project.mjs';

function bytesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

await withProject((folder) => {
  const modules = join(folder, 'node_modules');
  const installed = readdirSync(modules).filter((name) => !name.startsWith('.'));
  assert.deepEqual(installed, ['@crrg']);
  assert.deepEqual(readdirSync(join(modules, '@crrg')), ['metrics']);
  const root = join(modules, '@crrg', 'metrics');
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual(dependencies, {});
  for (const file of ['use-import.mjs', 'use-require.cjs']) {
    const { stdout, stderr } = spawnSync('node', [join('metrics', file)], { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout.trim(), 'passed', `${file}: ${stdout}${stderr}`);
  }
  const { node } = process.versions;
  console.log(`import and require on Node ${node}; ${(bytesUnder(root) / 1e6).toFixed(2)} MB, no dependency`);
});
