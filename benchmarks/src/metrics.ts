import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { comparison, type Benchmark, type BenchmarkContext } from './framework.js';
import { readPairs, withCount } from './metrics-pairs.js';
import type { Pairs, RunFigures } from './metrics-run.js';

const DEFAULT_GOLDEN = '../shared/golden/metrics';
const SIZES = [500, 5000] as const;
/** One more for memory alone. */
const MEMORY_SIZES = [500, 5000, 50_000] as const;
const PARTS = ['tokenise', 'bleu', 'rougeL', 'cider', 'meteor'] as const;
const PYTHON = process.env['CRRG_BENCH_PYTHON'] ?? 'python3';

/** The reference's seconds by part, and where they come from. */
interface PeerSeconds {
  readonly name: string;
  readonly seconds: Readonly<Record<string, number>>;
}

/** What is read of `peer-timing.json`. */
interface RecordedTiming {
  readonly python: string;
  readonly java: string;
  readonly [pairs: `pairs_${number}`]: Readonly<Record<string, number>> | undefined;
}

/** Names of the parts in `peer-timing.json`; Java parts with the start of the machine, as every call of the reference has it. */
const RECORDED: Readonly<Record<(typeof PARTS)[number], string>> = {
  tokenise: 'ptb_tokenizer_incl_jvm',
  bleu: 'bleu_1_to_4',
  rougeL: 'rouge_l',
  cider: 'cider',
  meteor: 'meteor_incl_jvm',
};

async function recordedSeconds(folder: string, count: number): Promise<PeerSeconds | undefined> {
  const file = join(folder, 'peer-timing.json');
  if (!existsSync(file)) return undefined;
  const timing = JSON.parse(await readFile(file, 'utf8')) as RecordedTiming;
  const seconds = timing[`pairs_${count}`];
  if (!seconds) return undefined;
  return {
    name: `pycocoevalcap, recorded, Python ${timing.python}, ${timing.java}`,
    seconds: Object.fromEntries(PARTS.map((part) => [part, seconds[RECORDED[part]]!])),
  };
}

/** Runs a program to its end; what it printed and the seconds it took. */
function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ output: string; seconds: number }> {
  const started = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve({ output, seconds: (performance.now() - started) / 1000 })
        : reject(new Error(`benchmarks: ${command} ${args[0]} ended with ${code}; see its message above.`)),
    );
  });
}

/** The reference itself on the same pairs, where its folder is given; parts whose Java program is missing are left out. */
async function liveSeconds(
  { pycocoevalcap, java }: BenchmarkContext['options'],
  file: string,
): Promise<PeerSeconds | undefined> {
  if (pycocoevalcap === undefined) return undefined;
  const script = fileURLToPath(new URL('../peers/pycocoevalcap_scores.py', import.meta.url));
  const path = process.env['PATH'] ?? '';
  const env = { ...process.env, PATH: java === undefined ? path : `${dirname(java)}${delimiter}${path}` };
  const { output } = await run(PYTHON, [script, pycocoevalcap, file], env);
  const { seconds, version } = JSON.parse(output.trim().split('\n').at(-1)!) as {
    seconds: Record<string, number>;
    version: string;
  };
  return { name: `pycocoevalcap, here, ${version}`, seconds };
}

/** Compiles the run once, so that every process starts as a user's program does. */
async function compileRun(folder: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: { run: fileURLToPath(new URL('./metrics-run.ts', import.meta.url)) },
    outDir: folder,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/.*/],
    esbuildOptions: (options) => {
      options.conditions = ['@crrg/source'];
    },
  });
  return join(folder, 'run.mjs');
}

interface Lab {
  readonly program: string;
  readonly folder: string;
  readonly rounds: number;
}

async function writePairs({ folder }: Lab, pairs: Pairs, count: number): Promise<string> {
  const file = join(folder, `pairs-${count}.json`);
  await writeFile(file, JSON.stringify(withCount(pairs, count)));
  return file;
}

async function measure(lab: Lab, file: string, mode: 'parts' | 'whole') {
  const runs: { figures: RunFigures; seconds: number }[] = [];
  for (let round = 0; round < lab.rounds; round++) {
    const { output, seconds } = await run(process.execPath, [lab.program, file, mode]);
    runs.push({ figures: JSON.parse(output) as RunFigures, seconds });
  }
  return runs;
}

async function reportSize(
  { report, options }: BenchmarkContext,
  lab: Lab,
  pairs: Pairs,
  count: number,
): Promise<void> {
  const file = await writePairs(lab, pairs, count);
  const parts = await measure(lab, file, 'parts');
  const whole = await measure(lab, file, 'whole');
  const peers = [
    await recordedSeconds(options['golden'] ?? DEFAULT_GOLDEN, count),
    await liveSeconds(options, file),
  ].filter((peer) => peer !== undefined);
  for (const peer of peers.length > 0 ? peers : [undefined]) {
    const reportPart = (name: string, ours: number, theirs: number | undefined) =>
      report(
        comparison(
          `${count} pairs: ${name}`,
          's',
          ours,
          peer && theirs !== undefined ? { name: peer.name, value: theirs } : undefined,
        ),
      );
    for (const part of PARTS)
      reportPart(part, Math.min(...parts.map(({ figures }) => figures.seconds[part]!)), peer?.seconds[part]);
    const all = peer && PARTS.every((part) => part in peer.seconds);
    const sum = all ? PARTS.reduce((total, part) => total + peer.seconds[part]!, 0) : undefined;
    reportPart('all, with start-up', Math.min(...whole.map(({ seconds }) => seconds)), sum);
  }
}

async function reportMemory({ report }: BenchmarkContext, lab: Lab, pairs: Pairs): Promise<void> {
  for (const count of MEMORY_SIZES) {
    const [only] = await measure({ ...lab, rounds: 1 }, await writePairs(lab, pairs, count), 'whole');
    report({ name: `${count} pairs: peak memory above the texts`, value: only!.figures.memory, unit: 'MB' });
  }
}

/** The text suite on 500 and 5,000 pairs, every run in a new process, beside the reference. */
export const metricsBenchmark: Benchmark = {
  name: 'metrics',
  run: async (context) => {
    const { options, note } = context;
    const folder = await mkdtemp(join(tmpdir(), 'crrg-bench-'));
    try {
      const pairs = await readPairs(options['golden'] ?? DEFAULT_GOLDEN);
      const lab = { program: await compileRun(folder), folder, rounds: Number(options['rounds'] ?? 5) };
      note(
        `${pairs.candidates.length} pairs to take sentences from, ${lab.rounds} runs each, the best one counts, as in the recorded seconds`,
      );
      for (const count of SIZES) await reportSize(context, lab, pairs, count);
      await reportMemory(context, lab, pairs);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
