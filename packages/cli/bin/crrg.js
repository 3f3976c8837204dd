#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const isInstalled = import.meta.url.includes('/node_modules/');
const source = fileURLToPath(new URL('../src/run.ts', import.meta.url));

if (isInstalled) {
  const { runProcess } = await import('../dist/index.js');
  await runProcess();
} else {
  // A checkout: run the source, which a build may lag behind, with the development tools of the repository.
  const flags = ['--conditions=@crrg/source', '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...flags, source, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl+C to the child too, which takes both for one; it decides when to end.
  process.on('SIGINT', () => child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
