import { parseArgs } from 'node:util';
import { TAKE_BACKEND, backendOption } from './backend-option.js';
import { describeMachine, toJsonLine, toTable, type Benchmark, type Figure } from './framework.js';

/** A benchmark is loaded only when it is asked for. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  metrics: async () => (await import('./metrics.js')).metricsBenchmark,
  'train-step': async () => (await import('./train-step.js')).trainStepBenchmark,
  training: async () => (await import('./training.js')).trainingBenchmark,
  products: async () => (await import('./products.js')).productsBenchmark,
  int8: async () => (await import('./int8.js')).int8Benchmark,
  curves: async () => (await import('./curves.js')).curvesBenchmark,
  quantized: async () => (await import('./quantized.js')).quantizedBenchmark,
  rclip: async () => (await import('./rclip.js')).rclipBenchmark,
  'dicom-folder': async () => (await import('./dicom-folder.js')).dicomFolderBenchmark,
  'imagenome-studies': async () => (await import('./imagenome-studies.js')).imagenomeStudiesBenchmark,
  workers: async () => (await import('./workers.js')).workersBenchmark,
  'films-per-minute': async () => (await import('./films-per-minute.js')).filmsPerMinuteBenchmark,
  start: async () => (await import('./start.js')).startBenchmark,
  'rrg-full': async () => (await import('./rrg-full.js')).rrgFullBenchmark,
};

const USAGE = `Usage: npm run bench -- NAME [--json] [OPTIONS]

  NAME     ${Object.keys(BENCHMARKS).join(' | ')}
  --json   one line per figure: {"name", "value", "unit", "limit", "peer", "ratio", "machine"}; ratio above 1 is faster or smaller than the peer

  of rrg-full, train-step and films-per-minute:
  --backend NAME   the engine (default onnx); beside one on a GPU, PyTorch computes with CUDA where it can

  of metrics:
  --golden FOLDER  golden text scores and the reference's seconds (default ../shared/golden/metrics)
  --pycocoevalcap FOLDER  the reference's own folder, to run it here as well (Python with NumPy)
  --java FILE      the java program that it is to use (default the one on the path)
  --rounds N       runs of each size, of which the best counts (default 5)

  of rrg-full and start (start takes no --peer):
  --golden FOLDER  golden data with weight manifests (default ../shared/golden/models)
  --dtype NAME     weights of the generator: fp32 (default), q8, q4
  --film FILE      a radiograph (default one of ../shared/data)
  --rounds N       goes of each contender (default 3)
  --peer none      without PyTorch

  of films-per-minute (it takes --golden, --dtype and --rounds too):
  --size tiny      the demonstration model (default full)
  --films N        films, of ../shared/data (default 8, tiny 32)
  --batch N,N      how many go through the networks together (default 4, tiny 2,4,8)

  of products:
  --peer none      without PyTorch

  of curves (it takes --golden, --dtype and --rounds too):
  --size NAME      tiny: the demonstration model; full: the full-size one (default both)
  --axis NAME,NAME  regions, beams, tokens, films, pixels (default all)
  --out FOLDER     where pictures (SVG) and points (JSON lines) are written

  of training:
  --stage NAME     detector | classifiers | full | rclip (default all)
  --batch N        films a step (default 2, 2, 1, 8)
  --micro-batch N  studies of R-CLIP in memory at a time (default the whole batch)
  --peer none      without PyTorch

  of dicom-folder and imagenome-studies:
  --films N        films in the folder (default 500), or of the made-up data set (default 100000)

  of workers:
  --rounds N       reports of each contender (default 3)

  of quantized:
  --films N        radiographs that the demonstration model reads (default 32)
  --dtype NAME     q8 or q4 (default both)
  --size NAME      tiny: the demonstration model alone; full: the full-size one alone (default both)

  of int8 and rclip (rclip also takes --rounds and --peer):
  --size tiny      small networks, to see that it works (default full)`;

async function main(): Promise<number> {
  const {
    values: { json, ...options },
    positionals,
  } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      golden: { type: 'string' },
      backend: { type: 'string' },
      film: { type: 'string' },
      dtype: { type: 'string' },
      pycocoevalcap: { type: 'string' },
      java: { type: 'string' },
      rounds: { type: 'string' },
      peer: { type: 'string' },
      size: { type: 'string' },
      films: { type: 'string' },
      stage: { type: 'string' },
      axis: { type: 'string' },
      out: { type: 'string' },
      batch: { type: 'string' },
      'micro-batch': { type: 'string' },
    },
  });
  const load = BENCHMARKS[positionals[0] ?? ''];
  if (!load || positionals.length !== 1) {
    console.error(USAGE);
    return 2;
  }
  if (options.backend !== undefined && !TAKE_BACKEND.includes(positionals[0]!)) {
    console.error(`benchmarks: ${positionals[0]} takes no --backend; ${TAKE_BACKEND.join(', ')} do.`);
    return 2;
  }
  backendOption(options);
  const figures: Figure[] = [];
  const say = json ? () => undefined : (text: string) => console.log(text);
  const machine = describeMachine();
  say(machine);
  const benchmark = await load();
  await benchmark.run({
    options,
    note: say,
    report: (figure) => {
      figures.push(figure);
      if (json) console.log(toJsonLine(figure, machine));
    },
  });
  say(`\n${toTable(figures)}`);
  return 0;
}

process.exitCode = await main();
