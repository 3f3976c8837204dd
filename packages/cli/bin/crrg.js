#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/index.js', import.meta.url);
const source = fileURLToPath(new URL('../src/run.ts', import.meta.url));

if (existsSync(built)) {
  const { runProcess } = await import(built.href);
  await runProcess();
} else {
  // A checkout that was not built: run the source with the development tools of the repository.
  const flags = ['--conditions=@crrg/source', '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...flags, source, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl+C to the child too; it decides when to end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
