import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { createDetector, type RegionDetections } from '@crrg/detector';
import { preprocessRadiograph } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { numberTokenizer, openWeights, rrgModelOf } from '@crrg/parity';
import { partOf, type RrgConfig } from '@crrg/pipeline';
import { createRegionSelector } from '@crrg/region-selector';
import { createReportGenerator, REPORT_GEN_DTYPES, type ReportGenDType } from '@crrg/report-gen';
import { float32, type Backend, type StateDict } from '@crrg/tensor';
import { comparison, describeEngine, median, type Benchmark, type BenchmarkContext } from './framework.js';
import { bestLimits, type MachineLimits } from './limits.js';
import { nameTorch, openTorchPeer, type Peer, type TorchInfo } from './peer.js';
import { watchBackend } from './watched-backend.js';

const DEFAULT_GOLDEN = '../shared/golden/models';
const DEFAULT_FILM = '../shared/data/nih/images/00000061_012.jpg';

const SENTENCES = 10;
const TOKENS = 30;
const BEAMS = [1, 4] as const;

/** Of a weight of the generator. */
const BYTES: Readonly<Record<ReportGenDType, number>> = { fp32: 4, q8: 1, q4: 0.5 };

/** Milliseconds by stage. */
type Laps = Record<string, number>;

const STAGES = ['preprocess', 'backbone', 'proposals', 'roi', 'select', 'prefill', 'decode'] as const;

/** Times of one film: the stages before the text once, the text per number of beams. */
interface FilmTimes {
  readonly laps: Laps;
  /** Boxes that the RoI head saw. */
  readonly numBoxes: number;
}

interface Model {
  readonly config: RrgConfig;
  readonly weights: StateDict;
}

/**
 * The full-size report model with generated weights. Its end of text is moved to a token that hardly ever wins, so that every text has
 * the same length here and in the peer.
 */
async function openModel(folder: string): Promise<Model> {
  const source = await openWeights(folder, 'rrg-full');
  const { config, weights } = rrgModelOf(source);
  source.release();
  return { config: { ...config, reportGen: { ...config.reportGen, eosTokenId: 1 } }, weights };
}

interface Contender {
  /** Runs a film through all stages. */
  film(beams: number): Promise<FilmTimes>;
  dispose(): void;
}

async function openOurs(
  backend: Backend,
  { config, weights }: Model,
  film: Uint8Array,
  dtype: ReportGenDType,
): Promise<Contender> {
  let laps: Laps = {};
  let numBoxes = 0;
  let steps = 0;
  const add = (stage: string, ms: number) => void (laps[stage] = (laps[stage] ?? 0) + ms);
  const watched = watchBackend(backend, {
    onCompile: () => undefined,
    onRun: ({ name, ms, inputs }) => {
      if (name === 'detector.roi') numBoxes = inputs['boxes']!.shape[1]!;
      if (name === 'reportGen.decodeStep') steps += 1;
      add(`run of ${name}`, ms);
    },
  });
  const detector = createDetector({
    config: config.detector,
    weights: partOf(weights, 'detector'),
    backend: watched,
  });
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend: watched,
  });
  const generator = await createReportGenerator({
    config: config.reportGen,
    weights: partOf(weights, 'reportGen'),
    tokenizer: numberTokenizer(config.reportGen),
    backend: watched,
    maxBeams: Math.max(...BEAMS),
    dtype,
  });

  const timed = async <T>(stage: string, work: () => Promise<T> | T): Promise<T> => {
    const started = performance.now();
    const result = await work();
    add(stage, performance.now() - started);
    return result;
  };
  const prepare = async () =>
    preprocessRadiograph(await decodeImage(film), { size: config.detector.imageSize });
  const detect = async (data: Float32Array): Promise<RegionDetections> => {
    const { imageSize } = config.detector;
    const [found] = await detector.detect(float32([1, 1, imageSize, imageSize], data), {
      onProgress: (event) => {
        if (event.type === 'stage-end') add(event.stage.replace('detector.', ''), event.durationMs);
      },
    });
    return found!;
  };
  const write = async (features: Float32Array, numBeams: number) => {
    const started = performance.now();
    let decodeStarted = started;
    const texts = await generator.search(features, {
      numBeams,
      maxLength: TOKENS + 1,
      onProgress: (event) => {
        if (event.type === 'token' && event.step === 1) decodeStarted = performance.now();
      },
    });
    add('prefill', decodeStarted - started);
    add('decode', performance.now() - decodeStarted);
    if (steps !== TOKENS || texts.length !== SENTENCES)
      throw new Error(
        `benchmarks: ${texts.length} texts in ${steps} steps, expected ${SENTENCES} in ${TOKENS}.`,
      );
  };
  return {
    film: async (beams) => {
      laps = {};
      steps = 0;
      const { data } = await timed('preprocess', prepare);
      const found = await detect(data);
      await timed('select', () =>
        selector.select(found.regionFeatures, Uint8Array.from(found.isDetected, Number)),
      );
      await write(firstRows(found, config.reportGen.regionFeatureDim), beams);
      return { laps, numBoxes };
    },
    dispose: () => {
      detector.dispose();
      selector.dispose();
      generator.dispose();
    },
  };
}

/** Features of ten regions, detected ones first. */
function firstRows({ isDetected, regionFeatures }: RegionDetections, width: number): Float32Array {
  const order = [...isDetected.keys()].sort((a, b) => Number(isDetected[b]) - Number(isDetected[a]) || a - b);
  const taken = new Float32Array(SENTENCES * width);
  order
    .slice(0, SENTENCES)
    .forEach((region, row) =>
      taken.set(regionFeatures.subarray(region * width, (region + 1) * width), row * width),
    );
  return taken;
}

/** The peer's film, over as many boxes as ours; reading and preprocessing cost it nothing. */
async function peerFilm(peer: Peer, beams: number, numBoxes: number): Promise<Laps> {
  const detect = await peer.ask<Laps>({ do: 'detect', boxes: numBoxes });
  const select = await peer.ask<Laps>({ do: 'select' });
  const text = await peer.ask<Laps>({ do: 'generate', regions: SENTENCES, beams, steps: TOKENS });
  return { ...detect, ...select, ...text };
}

/** Least milliseconds of a stage on this machine, from its multiplications and the weights that it reads. */
function leastMs(
  stage: string,
  {
    beams,
    numBoxes,
    dtype,
  }: { readonly beams: number; readonly numBoxes: number; readonly dtype: ReportGenDType },
  limits: MachineLimits,
): number | undefined {
  const rows = SENTENCES * beams;
  const base = 12 * 24 * 1024 ** 2 + 50257 * 1024;
  const work: Record<string, { operations: number; bytes: number }> = {
    backbone: { operations: 41.9e9 + 2 * 256 * 2048 * (9 * 2048 + 800), bytes: 4 * 62.9e6 },
    roi: { operations: 2 * 64 * 256 * 1024 * (2048 + numBoxes), bytes: 4 * 137.5e6 },
    // Integers have no measured limit of arithmetic: theirs is memory's alone.
    decode: {
      operations: dtype === 'fp32' ? TOKENS * 2 * rows * base : 0,
      bytes: TOKENS * BYTES[dtype] * base,
    },
  };
  const entry = work[stage];
  return entry && 1000 * Math.max(entry.operations / limits.arithmetic, entry.bytes / limits.bandwidth);
}

const sum = (laps: Laps) => STAGES.reduce((total, stage) => total + (laps[stage] ?? 0), 0);
const describeLoad = () =>
  `load average ${loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')}`;

async function compare(
  context: BenchmarkContext,
  ours: Contender,
  peer: { readonly process: Peer; readonly name: string } | undefined,
  limits: MachineLimits,
  dtype: ReportGenDType,
): Promise<void> {
  const prefix = nameOf(dtype);
  const rounds = Number(context.options['rounds'] ?? 3);
  for (const beams of BEAMS) {
    const [mine, theirs]: [Laps[], Laps[]] = [[], []];
    let { numBoxes } = await ours.film(beams);
    if (peer) await peerFilm(peer.process, beams, numBoxes);
    for (let round = 0; round < rounds; round++) {
      const times = await ours.film(beams);
      numBoxes = times.numBoxes;
      mine.push(times.laps);
      if (peer) theirs.push(await peerFilm(peer.process, beams, numBoxes));
    }
    const label = beams === 1 ? 'greedy' : `${beams} beams`;
    context.note(`\n${label}: ${numBoxes} boxes, ${SENTENCES} regions x ${TOKENS} tokens, ${describeLoad()}`);
    const middle = (runs: readonly Laps[], stage: string) => median(runs.map((laps) => laps[stage] ?? 0));
    for (const stage of STAGES) {
      const value = middle(mine, stage);
      const theirValue = peer && theirs[0]![stage] !== undefined ? middle(theirs, stage) : undefined;
      context.report(
        comparison(
          `${prefix}/${label}/${stage}`,
          'ms',
          value,
          theirValue === undefined ? undefined : { name: peer!.name, value: theirValue },
          leastMs(stage, { beams, numBoxes, dtype }, limits),
        ),
      );
    }
    const inRuns = (mine[0] && Object.keys(mine[0]).filter((name) => name.startsWith('run of'))) ?? [];
    context.note(inRuns.map((name) => `${name} ${middle(mine, name).toFixed(0)} ms`).join(', '));
    context.report(
      comparison(
        `${prefix}/${label}/total`,
        'ms',
        median(mine.map(sum)),
        peer && { name: peer.name, value: median(theirs.map(sum)) },
      ),
    );
  }
}

/** What figures of a kind of weights begin with. */
const nameOf = (dtype: ReportGenDType) => (dtype === 'fp32' ? 'rrg-full' : `rrg-full/${dtype}`);

async function openPeer(): Promise<{ process: Peer; name: string } | undefined> {
  const process = await openTorchPeer('rrg_full.py', [], ['torch', 'torchvision']);
  if (!process) return undefined;
  return { process, name: nameTorch(await process.ask<TorchInfo>({ do: 'info' })) };
}

/** Film to tokens at full size: stages of our model on ONNX Runtime beside the same network in PyTorch, on the same machine in turn. */
export const rrgFullBenchmark: Benchmark = {
  name: 'rrg-full',
  async run(context) {
    const folder = context.options['golden'] ?? DEFAULT_GOLDEN;
    const path = context.options['film'] ?? DEFAULT_FILM;
    for (const needed of [join(folder, 'weights', 'rrg-full.json'), path]) {
      if (existsSync(needed)) continue;
      context.note(
        `skipped: ${needed} is not here; give --golden FOLDER with weight manifests and --film FILE.`,
      );
      return;
    }
    const dtype = REPORT_GEN_DTYPES.find((name) => name === (context.options['dtype'] ?? 'fp32'));
    if (!dtype) throw new Error(`benchmarks: --dtype must be ${REPORT_GEN_DTYPES.join(', ')}.`);
    const backend = await createOnnxBackend();
    context.note(`engine ${describeEngine(backend)}, generator in ${dtype}; ${describeLoad()}`);
    const started = performance.now();
    const model = await openModel(folder);
    const generated = performance.now();
    const ours = await openOurs(backend, model, await readFile(path), dtype);
    await ours.film(1);
    context.note(`weights made in ${((generated - started) / 1000).toFixed(1)} s`);
    context.report(comparison(`${nameOf(dtype)}/compile`, 'ms', performance.now() - generated, undefined));
    const peer = context.options['peer'] === 'none' ? undefined : await openPeer();
    const limits = await bestLimits(peer?.process);
    context.note(
      `limits measured here: ${(limits.bandwidth / 1e9).toFixed(1)} GB/s read, ${(limits.arithmetic / 1e9).toFixed(0)} GFLOP/s`,
    );
    try {
      await compare(context, ours, peer, limits, dtype);
      const memory = await peer?.process.ask<{ peak: number }>({ do: 'memory' });
      context.report(
        comparison(
          `${nameOf(dtype)}/peak-memory`,
          'MiB',
          process.resourceUsage().maxRSS / 1024,
          peer && { name: peer.name, value: memory!.peak / 2 ** 20 },
        ),
      );
    } finally {
      peer?.process.close();
      ours.dispose();
      backend.dispose();
    }
  },
};
