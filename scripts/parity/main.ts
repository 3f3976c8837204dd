import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Backend } from '@crrg/tensor';
import { createContexts, discoverCases, type CheckResult, type ParitySuite } from './framework.js';

/** A suite is loaded only when a case needs it, so that one part can be checked without the others. */
interface SuiteEntry {
  readonly cases: RegExp;
  /** The `schema` that the file must state, where the name alone does not tell. */
  readonly schema?: string;
  readonly load: () => Promise<ParitySuite>;
}

const SUITES: readonly SuiteEntry[] = [
  { cases: /\.expected$/, load: async () => (await import('./checkpoints.js')).checkpointSuite },
  { cases: /^weights\//, load: async () => (await import('./generator.js')).generatorSuite },
  {
    cases: /^augment\/rclip_/,
    load: async () => (await import('./crop-augmentation.js')).cropAugmentationSuite,
  },
  { cases: /^(prep|augment)\//, load: async () => (await import('./prep.js')).prepSuite },
  { cases: /^detector\//, load: async () => (await import('./detector.js')).detectorSuite },
  { cases: /^classifiers\//, load: async () => (await import('./classifiers.js')).classifierSuite },
  { cases: /^lm\//, load: async () => (await import('./lm.js')).languageModelSuite },
  { cases: /^e2e\//, load: async () => (await import('./e2e.js')).endToEndSuite },
  { cases: /^clip\//, load: async () => (await import('./clip.js')).clipSuite },
  {
    cases: /(^|\/)classification$/,
    load: async () => (await import('./metrics-classification.js')).classificationSuite,
  },
  { cases: /^optim\//, load: async () => (await import('./optim.js')).optimSuite },
  {
    cases: /./,
    schema: 'nlg-golden/1',
    load: async () => (await import('./metrics-text.js')).textMetricsSuite,
  },
];

const onWarning = (message: string) => console.log(`warning: ${message}`);

/** Engines by name; each is loaded only when it is asked for. */
const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  onnx: async () => (await import('@crrg/backend-onnx')).createOnnxBackend({ onWarning }),
  'onnx-web': async () =>
    (await import('@crrg/backend-onnx')).createOnnxBackend({ runtime: 'web', onWarning }),
  tfjs: async () => (await import('@crrg/backend-tfjs')).createTfjsBackend({ engine: 'wasm', onWarning }),
  'tfjs-cpu': async () =>
    (await import('@crrg/backend-tfjs')).createTfjsBackend({ engine: 'cpu', onWarning }),
  reference: async () => (await import('@crrg/tensor/testing')).createReferenceBackend(),
};

/** Engines that add up one product after the other, so that rounding errors grow more than in blocked sums. */
const SEQUENTIAL_SUMS = ['onnx-web', 'tfjs', 'tfjs-cpu'];

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

/** Creates the engine when the first case asks for it. */
function lazyBackend(name: string): { get: () => Promise<Backend>; dispose: () => Promise<void> } {
  let backend: Promise<Backend> | undefined;
  return {
    get: () => (backend ??= BACKENDS[name]!()),
    dispose: async () => (await backend?.catch(() => undefined))?.dispose(),
  };
}

function formatCheck({ caseName, name, error, tolerance, ok, note }: CheckResult): string {
  const numbers = `error ${error.toPrecision(3)}, tolerance ${tolerance.toPrecision(3)}`;
  return `${ok ? 'ok  ' : 'FAIL'} ${caseName} ${name}: ${numbers}${note ? ` (${note})` : ''}`;
}

async function schemaOf(folder: string, caseName: string): Promise<unknown> {
  const sidecar = JSON.parse(await readFile(join(folder, `${caseName}.json`), 'utf8')) as {
    schema?: unknown;
  };
  return sidecar.schema;
}

async function findSuite(folder: string, caseName: string): Promise<ParitySuite | undefined> {
  for (const entry of SUITES) {
    if (!entry.cases.test(caseName)) continue;
    if (entry.schema !== undefined && entry.schema !== (await schemaOf(folder, caseName))) continue;
    const suite = await entry.load();
    if (suite.matches(caseName)) return suite;
  }
  return undefined;
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
