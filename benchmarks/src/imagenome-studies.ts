import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Benchmark, BenchmarkContext } from './framework.js';
import { writeImagenomeSet } from './imagenome-set.js';
import { COMMAND, sourceArguments } from './source-process.js';

const FILMS = 100_000;
/** How often memory is looked at, in milliseconds. */
const LOOK_MS = 100;

/** `crrg data imagenome` over made-up films: studies a second and peak memory; then killed half-way and taken up, to the same bytes. */
export const imagenomeStudiesBenchmark: Benchmark = {
  name: 'imagenome-studies',
  async run(context) {
    const count = Number(context.options['films'] ?? FILMS);
    const folder = await mkdtemp(join(tmpdir(), 'crrg-bench-'));
    try {
      const started = performance.now();
      const root = join(folder, 'root');
      await mkdir(root);
      const graphBytes = await writeImagenomeSet(root, count);
      const seconds = (performance.now() - started) / 1000;
      context.note(
        `${count} made-up films (scene graphs of ${(graphBytes / 1024).toFixed(0)} KiB from a few templates, made in ${seconds.toFixed(0)} s); load ${loadavg()[0]!.toFixed(1)}`,
      );
      await measure(context, root, folder, count);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

interface Run {
  readonly seconds: number;
  /** Most resident memory, in MiB. */
  readonly peak: number;
  readonly exitCode: number | null;
  readonly stdout: string;
}

async function measure(
  context: BenchmarkContext,
  root: string,
  folder: string,
  count: number,
): Promise<void> {
  const [whole, again] = [join(folder, 'whole.jsonl'), join(folder, 'again.jsonl')];
  const first = await build(root, whole);
  context.note(`exit code ${first.exitCode}; ${first.stdout.split('\n').slice(1).join(' | ')}`);
  context.report({ name: 'imagenome-studies/time', value: first.seconds, unit: 's' });
  context.report({ name: 'imagenome-studies/rate', value: count / first.seconds, unit: 'films/s' });
  context.report({ name: 'imagenome-studies/peak memory', value: first.peak, unit: 'MiB' });
  const killed = await build(root, again, { killAfter: first.seconds / 2 });
  const rest = await build(root, again);
  context.report({ name: 'imagenome-studies/the rest after a kill', value: rest.seconds, unit: 's' });
  const isSame = (await hashOf(whole)) === (await hashOf(again));
  context.note(
    `killed after ${killed.seconds.toFixed(1)} s and taken up: ${isSame ? 'the same bytes' : 'OTHER BYTES'}`,
  );
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Runs the command of this checkout in a process of its own; kills it after some seconds, if asked to. */
async function build(
  root: string,
  out: string,
  { killAfter }: { readonly killAfter?: number } = {},
): Promise<Run> {
  const args = ['data', 'imagenome', '--root', root, '--out', out, '--quiet'];
  const started = performance.now();
  const child = spawn(process.execPath, sourceArguments(COMMAND, args), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  let peak = 0;
  const look = setInterval(() => {
    void peakMebibytes(child.pid!).then((now) => (peak = Math.max(peak, now)));
  }, LOOK_MS);
  const kill =
    killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), 1000 * killAfter);
  const exitCode = await new Promise<number | null>((resolve) => void child.on('close', resolve));
  clearInterval(look);
  clearTimeout(kill);
  return { seconds: (performance.now() - started) / 1000, peak, exitCode, stdout };
}

async function peakMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
