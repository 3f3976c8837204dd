import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeRadiograph } from '@crrg/image/node';
import { SYNTAX_NAMES, writeFilms } from './dicom-films.js';
import { comparison, type Benchmark, type BenchmarkContext } from './framework.js';
import { COMMAND, sourceArguments } from './source-process.js';

const FILMS = 500;
const PNG_SHARE = 5;
/** Films between two looks at the memory. */
const STEP = 50;
const BAD = 'film-0250.dcm';

/** `crrg classify` over a folder of DICOM films, one of them cut off: films a minute and memory, beside the same films as PNG. */
export const dicomFolderBenchmark: Benchmark = {
  name: 'dicom-folder',
  async run(context) {
    const count = Number(context.options['films'] ?? FILMS);
    const folder = await mkdtemp(join(tmpdir(), 'crrg-bench-'));
    const folders = { dicom: join(folder, 'dicom'), png: join(folder, 'png') };
    try {
      await Promise.all(Object.values(folders).map((each) => mkdir(each)));
      await writeFilms(folders, count, Math.ceil(count / PNG_SHARE));
      await cutOff(join(folders.dicom, count > 250 ? BAD : 'film-0001.dcm'));
      await measure(context, folders, count);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

async function cutOff(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length >> 1));
}

async function measure(
  context: BenchmarkContext,
  folders: { readonly dicom: string; readonly png: string },
  count: number,
): Promise<void> {
  context.note(
    `${count} films (${SYNTAX_NAMES.join(', ')}; 1024 pixels a side, JPEG 512), one of them cut off; load ${loadavg()[0]!.toFixed(1)}`,
  );
  const dicom = await classifyFolder(folders.dicom);
  const png = await classifyFolder(folders.png);
  context.note(
    `resident memory every ${STEP} films, MiB: ${dicom.memory.map((each) => each.toFixed(0)).join(', ')}`,
  );
  context.note(
    `results: ${dicom.results}; exit code ${dicom.exitCode}; on stderr:\n${dicom.problems.join('\n')}`,
  );
  const perMinute = (rate: number) => 60 / rate;
  context.report({
    name: 'dicom-folder/films',
    value: perMinute(dicom.secondsPerFilm),
    unit: 'films/min',
    peer: { name: 'the same as PNG', value: perMinute(png.secondsPerFilm) },
    ratio: png.secondsPerFilm / dicom.secondsPerFilm,
  });
  const { memory } = dicom;
  context.report(
    comparison('dicom-folder/memory at the end', 'MiB', memory.at(-1)!, {
      name: `after ${STEP} films`,
      value: memory[0]!,
    }),
  );
  const [readDicom, readPng] = [await readSeconds(folders.dicom), await readSeconds(folders.png)];
  context.report(
    comparison('dicom-folder/reading a film', 'ms', 1000 * readDicom, { name: 'PNG', value: 1000 * readPng }),
  );
  context.note(
    `reading is ${((100 * readDicom) / dicom.secondsPerFilm).toFixed(0)} % of the time for a DICOM film, ${((100 * readPng) / png.secondsPerFilm).toFixed(0)} % for a PNG`,
  );
}

interface FolderRun {
  /** Between the first result and the last. */
  readonly secondsPerFilm: number;
  /** MiB after each {@link STEP} results. */
  readonly memory: readonly number[];
  readonly results: number;
  readonly exitCode: number | null;
  /** Lines of stderr that name a film and an error. */
  readonly problems: readonly string[];
}

/** Runs the command of this checkout in a process of its own. */
async function classifyFolder(folder: string): Promise<FolderRun> {
  const child = spawn(
    process.execPath,
    sourceArguments(COMMAND, ['classify', folder, '--jsonl', '-', '--quiet']),
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => void child.on('close', resolve));
  const problems: string[] = [];
  createInterface({ input: child.stderr }).on(
    'line',
    (line) => void (/\berror\b|damaged/i.test(line) && problems.push(line)),
  );
  const times: number[] = [];
  const memory: number[] = [];
  for await (const _ of createInterface({ input: child.stdout })) {
    times.push(performance.now());
    if (times.length % STEP === 0) memory.push(await residentMebibytes(child.pid!));
  }
  const seconds = (times.at(-1)! - times[0]!) / 1000;
  return {
    secondsPerFilm: seconds / (times.length - 1),
    memory,
    results: times.length,
    exitCode: await ended,
    problems,
  };
}

async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024;
}

/** Seconds to read a film, without the first one. */
async function readSeconds(folder: string): Promise<number> {
  const films = (await readdir(folder)).slice(0, 51).map((name) => join(folder, name));
  await decodeRadiograph(films[0]!);
  const started = performance.now();
  for (const film of films.slice(1)) await decodeRadiograph(film).catch(() => undefined);
  return (performance.now() - started) / 1000 / (films.length - 1);
}
