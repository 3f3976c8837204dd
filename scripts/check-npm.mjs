/**
 * npm has nothing to say about this repository: no unknown key in `.npmrc`, which every `npm` and `npx` would repeat, and no install script
 * that a user would be asked about.
 */
import { spawnSync } from 'node:child_process';

/** What npm prints on stderr, without a network. */
function warningsOf(args) {
  const { stderr, status, error } = spawnSync('npm', [...args, '--offline', '--loglevel=warn'], {
    encoding: 'utf8',
  });
  return error || status !== 0 ? `npm ${args.join(' ')} failed: ${error ?? stderr}` : stderr.trim();
}

const warnings = [['prefix'], ['install', '--dry-run', '--no-audit', '--no-fund']]
  .map(warningsOf)
  .filter(Boolean);
for (const warning of warnings) console.error(warning);
if (warnings.length > 0) {
  console.error(
    '.npmrc, package.json: expected an npm without warnings; mend the key or the dependency that it names.',
  );
  process.exitCode = 1;
}
