/**
 * Mutated files, read as users read them: each must give a result or one of our own errors, quietly, in bounded time and memory.
 *
 *   npm run fuzz -- png                             10,000 cases
 *   npm run fuzz -- all --runs 500 --seed 7
 *   npm run fuzz -- png --case 123 --out bad.png    one case again; its bytes go to a file
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FORMAT_NAMES, formatModule, type FormatName } from './formats.js';
import { caseBytes, type FuzzFormat } from './format.js';
import { formatCounts, runCases, type CaseCounts } from './run-cases.js';
import { WatchedChild } from './watched-child.js';

const USAGE = `Usage: npm run fuzz -- FORMAT [--runs COUNT] [--seed NUMBER] [--case NUMBER [--out FILE]] [--built]

  FORMAT          ${FORMAT_NAMES.join(' | ')} | all
  --runs COUNT    cases of each format (10000)
  --seed NUMBER   another seed gives other cases (1)
  --case NUMBER   only this case
  --out FILE      writes the bytes of the case
  --built         reads with the built packages (npm run build): DICOM files start a thread each, which is faster so`;

interface Arguments {
  readonly names: readonly FormatName[];
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly isSingle: boolean;
  readonly out: string | undefined;
  readonly isBuilt: boolean;
}

const wholeNumber = (text: string, option: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option}: expected a whole number, got "${text}"`);
  return Number(text);
};

function parseArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      case: { type: 'string' },
      out: { type: 'string' },
      built: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  const names = name === 'all' ? FORMAT_NAMES : FORMAT_NAMES.filter((each) => each === name);
  if (positionals.length !== 1 || names.length === 0)
    throw new Error(`expected one format, got "${positionals.join(' ')}"`);
  const isSingle = values.case !== undefined;
  if (values.out !== undefined && (!isSingle || names.length > 1))
    throw new Error('--out needs --case and one format');
  return {
    names,
    seed: wholeNumber(values.seed, '--seed'),
    first: isSingle ? wholeNumber(values.case!, '--case') : 0,
    count: isSingle ? 1 : wholeNumber(values.runs, '--runs'),
    isSingle,
    out: values.out,
    isBuilt: values.built,
  };
}

const PROGRESS_MS = 10_000;

async function fuzz(
  name: FormatName,
  { seed, first, count, isSingle }: Arguments,
  child: WatchedChild,
): Promise<CaseCounts> {
  const range = { module: formatModule(name), seed, first, count };
  let told = Date.now();
  return runCases(range, child, (number, outcome, counts) => {
    if (outcome.kind === 'finding')
      console.log(
        `FINDING ${name} case ${number}: ${outcome.problem}\n  again: npm run fuzz -- ${name} --seed ${seed} --case ${number}`,
      );
    else if (isSingle)
      console.log(`${name} case ${number}: ${outcome.kind === 'refused' ? outcome.message : outcome.kind}`);
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    console.log(`  ${name}: ${counts.cases} of ${count}, ${counts.findings} findings`);
  });
}

async function writeCase(file: string, { names, seed, first }: Arguments): Promise<void> {
  const { format } = (await import(formatModule(names[0]!))) as { readonly format: FuzzFormat };
  await writeFile(file, await caseBytes(format, { seed, number: first }));
  console.log(`wrote ${file}`);
}

async function main(): Promise<number> {
  let options: Arguments;
  try {
    options = parseArguments();
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const total: CaseCounts = { cases: 0, decoded: 0, refused: 0, findings: 0 };
  const child = new WatchedChild(options);
  try {
    if (options.out !== undefined) await writeCase(options.out, options);
    for (const name of options.names) {
      const counts = await fuzz(name, options, child);
      if (options.names.length > 1) console.log(`${name}: ${formatCounts(counts)}`);
      for (const kind of Object.keys(total) as (keyof CaseCounts)[]) total[kind] += counts[kind];
    }
  } finally {
    child.close();
  }
  console.log(formatCounts(total));
  return total.findings > 0 ? 1 : 0;
}

process.exitCode = await main();
