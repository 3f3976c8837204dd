// An empty project with the packed @crrg/metrics and nothing else.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = '@crrg/metrics';

/** Runs `use(folder)` in such a project, with the files of this folder in it. */
export async function withProject(use) {
  const { dependencies } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'crrg-metrics-'));
  try {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({
        name: 'alone',
        private: true,
        type: 'module',
        dependencies: { [NAME]: dependencies[NAME] },
      }),
    );
    const { status, stderr } = spawnSync('npm', ['install', '--offline', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm install: ${stderr}`);
    cpSync(fileURLToPath(new URL('.', import.meta.url)), join(folder, 'metrics'), { recursive: true });
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
