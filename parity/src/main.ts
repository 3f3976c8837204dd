import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BACKENDS, SEQUENTIAL_SUMS, lazyBackend } from './backends.js';
import type { CheckResult } from './framework/context.js';
import { createContexts } from './framework/create-context.js';
import { discoverCases } from './golden/cases.js';
import { findSuite } from './suites.js';

const USAGE = `Usage: npm run parity -- FOLDER [--backend NAME] [--only PATTERN]

  FOLDER           a folder of golden cases
  --backend NAME   ${Object.keys(BACKENDS).join(' | ')}
  --only PATTERN   run only the cases whose name matches this regular expression`;

interface Arguments {
  readonly folder: string;
  readonly backend: string;
  readonly only: RegExp;
}

function parseArguments(): Arguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { backend: { type: 'string', default: 'onnx' }, only: { type: 'string', default: '' } },
    });
    const [folder] = positionals;
    if (folder === undefined || positionals.length > 1) return undefined;
    if (!Object.hasOwn(BACKENDS, values.backend)) throw new Error(`unknown backend "${values.backend}"`);
    if (!existsSync(folder)) throw new Error(`no folder ${folder}`);
    return { folder: resolve(folder), backend: values.backend, only: new RegExp(values.only) };
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

function formatCheck({ caseName, name, error, tolerance, ok, note }: CheckResult): string {
  const numbers = `error ${error.toPrecision(3)}, tolerance ${tolerance.toPrecision(3)}`;
  return `${ok ? 'ok  ' : 'FAIL'} ${caseName} ${name}: ${numbers}${note ? ` (${note})` : ''}`;
}

async function main(): Promise<number> {
  const options = parseArguments();
  if (!options) {
    console.error(USAGE);
    return 2;
  }
  const counts = { passed: 0, failed: 0, notCovered: 0 };
  const onCheck = (result: CheckResult) => {
    counts[result.ok ? 'passed' : 'failed']++;
    console.log(formatCheck(result));
  };
  const fail = (caseName: string, problem: string) => {
    counts.failed++;
    console.log(`FAIL ${caseName}: ${problem}`);
  };
  const backend = lazyBackend(options.backend);
  const contexts = createContexts({
    folder: options.folder,
    backendName: options.backend,
    backend: backend.get,
    factor: SEQUENTIAL_SUMS.includes(options.backend) ? 50 : 10,
    onCheck,
  });
  const cases = (await discoverCases(options.folder)).filter((name) => options.only.test(name));
  if (cases.length === 0) fail(options.folder, 'no golden case found');

  for (const caseName of cases) {
    const before = counts.passed + counts.failed;
    const started = performance.now();
    try {
      const suite = await findSuite(options.folder, caseName);
      if (!suite) {
        counts.notCovered++;
        console.log(`not covered ${caseName}`);
        continue;
      }
      const context = await contexts(caseName);
      await suite.run(context);
      const unchecked = context.unchecked();
      if (counts.passed + counts.failed === before) fail(caseName, `suite ${suite.name} made no check`);
      if (unchecked.length > 0) console.log(`not checked ${caseName}: ${unchecked.join(', ')}`);
      console.log(`     ${caseName} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      fail(caseName, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  await backend.dispose();
  if (counts.notCovered > 0) console.log(`${counts.notCovered} cases not covered by any suite`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed > 0 ? 1 : 0;
}

process.exitCode = await main();
