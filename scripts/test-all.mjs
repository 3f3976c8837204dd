/**
 * The one test command: cheap checks first, every check counted, one plain total line at the end.
 *
 *   npm test                 all of it, but for examples whose check takes minutes; with CRRG_TEST_ALL=1, as in CI, those too
 *   npm test -- --quick      without golden data at full size, the site, the paper in miniature, packed packages and examples
 *
 * The larger golden data are checked where `../shared/golden` lies beside the repository; else that is said.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const quick = process.argv.includes('--quick');
const slowExamples = process.env.CRRG_TEST_ALL === '1' ? [] : ['--quick'];
const golden = path.resolve('../shared/golden');
const scratch = mkdtempSync(path.join(tmpdir(), 'crrg-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, told again at the end, where a long log is cut last. */
const failures = [];

/** Runs a program, shows its output, gives its exit code, the output's end and the lines that name a failure. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const failed = [];
    createInterface({ input: child.stdout }).on(
      'line',
      (line) => /^\s*(FAIL|failed) /.test(line) && failed.push(line),
    );
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-4000);
    });
    child.on('error', () => resolve({ code: 127, tail, failed }));
    child.on('close', (code) => resolve({ code: code ?? 1, tail, failed }));
  });
}

function add(name, { passed = 0, failed = 0, skipped = 0 }, details = []) {
  if (failed > 0) failures.push(name, ...details.map((line) => `  ${line.trim()}`));
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  console.log(`-- ${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
}

/** A program that passes or fails as one. */
async function check(name, command, args) {
  console.log(`\n== ${name}`);
  const { code } = await run(command, args);
  add(name, code === 0 ? { passed: 1 } : { failed: 1 });
  return code === 0;
}

/** A program whose last counting line says how it went. */
async function counted(name, command, args) {
  console.log(`\n== ${name}`);
  const { code, tail, failed: details } = await run(command, args);
  const lines = [...tail.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)];
  const [, passed = '0', failed = '0', skipped = '0'] = lines.at(-1) ?? [];
  const crashed = code !== 0 && Number(failed) === 0;
  const counts = {
    passed: Number(passed),
    failed: Number(failed) + (crashed || lines.length === 0 ? 1 : 0),
    skipped: Number(skipped),
  };
  add(name, counts, details);
}

async function unitTests() {
  console.log('\n== unit tests');
  const report = path.join(scratch, 'vitest.json');
  const { code } = await run('npx', [
    'vitest',
    'run',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { numFailedTests: 1 };
  const failed = (result.numFailedTests ?? 0) || (code === 0 ? 0 : 1);
  const counts = {
    passed: result.numPassedTests ?? 0,
    failed,
    skipped: (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0),
  };
  add('unit tests', counts, failedTests(result));
}

/** A line for each failed test of Vitest's JSON report, with the first line of its message. */
function failedTests({ testResults = [] }) {
  const firstLine = (text = '') => text.split('\n')[0];
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative('.', name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${file}: ${firstLine(message)}`];
    return failed.map((test) => `${file} > ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
  });
}

async function parity(folder, ...args) {
  const name = `parity with ${folder}${args.length ? ` (${args.join(' ')})` : ''}`;
  if (!existsSync(path.join(golden, folder))) {
    console.log(`\n== ${name}: skipped, ${path.join(golden, folder)} is not here`);
    add(name, { skipped: 1 });
    return;
  }
  await counted(name, 'npm', ['run', '--silent', 'parity', '--', path.join(golden, folder), ...args]);
}

await check('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']);
await check('lint', 'npx', ['eslint', '.']);
await check('lock file', 'node', ['scripts/check-lock.mjs']);
await check('npm configuration', 'node', ['scripts/check-npm.mjs']);
await check('boundaries', 'node', ['scripts/check-boundaries.mjs']);
await check('types', 'npx', ['tsc', '--noEmit', '-p', 'tsconfig.json']);
await unitTests();
await parity('checkpoints');
await parity('datasets');
await parity('metrics');
await parity('models', ...(quick ? ['--only', 'tiny|prep|optim|augment|weights'] : []));
await parity('models', '--backend', 'tfjs', '--only', 'tiny|optim');
if (!quick) {
  await check('documentation site', 'npm', ['run', '--silent', 'docs:build']);
  const mini = ['--size', 'ci', '--out', path.join(scratch, 'mini')];
  await check('the paper in miniature, small', 'npm', ['run', '--silent', 'paper:mini', '--', ...mini]);
  const tarballs = ['--tarballs', path.join(scratch, 'tarballs')];
  await counted('packed packages', 'node', ['scripts/check-packages.mjs', ...tarballs]);
  await counted('examples', 'node', ['scripts/check-examples.mjs', ...slowExamples, ...tarballs]);
}

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed:\n${failures.join('\n')}`);
console.log(`\n${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
