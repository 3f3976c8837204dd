import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import type { ReportGenDType } from '@crrg/report-gen';
import { openBackend, peerDeviceOption } from './backend-option.js';
import { comparison, describeEngine, median, type Benchmark, type BenchmarkContext } from './framework.js';
import { dtypeOption, fullSizeInputs, openFullModel } from './full-model.js';
import { bestLimits, leastMs, type LeastWork, type MachineLimits } from './limits.js';
import { openNamedTorchPeer, type NamedPeer, type Peer, type PeerDevice } from './peer.js';
import { openStages, STAGES, sumOf, type Laps, type StageTimes } from './report-stages.js';

const SENTENCES = 10;
const TOKENS = 30;
const BEAMS = [1, 4] as const;

/** Of a weight of the generator. */
const BYTES: Readonly<Record<ReportGenDType, number>> = { fp32: 4, q8: 1, q4: 0.5 };

/** The peer's film, over as many boxes as ours; reading and preprocessing cost it nothing. */
async function peerFilm(peer: Peer, beams: number, numBoxes: number): Promise<Laps> {
  const detect = await peer.ask<Laps>({ do: 'detect', boxes: numBoxes });
  const select = await peer.ask<Laps>({ do: 'select' });
  const text = await peer.ask<Laps>({ do: 'generate', regions: SENTENCES, beams, steps: TOKENS });
  return { ...detect, ...select, ...text };
}

/** Least milliseconds of a stage on this machine, from its multiplications and the weights that it reads. */
function leastOf(
  stage: string,
  {
    beams,
    numBoxes,
    dtype,
  }: { readonly beams: number; readonly numBoxes: number; readonly dtype: ReportGenDType },
  limits: MachineLimits | undefined,
): number | undefined {
  const rows = SENTENCES * beams;
  const base = 12 * 24 * 1024 ** 2 + 50257 * 1024;
  const work: Record<string, LeastWork> = {
    backbone: { operations: 41.9e9 + 2 * 256 * 2048 * (9 * 2048 + 800), bytes: 4 * 62.9e6 },
    roi: { operations: 2 * 64 * 256 * 1024 * (2048 + numBoxes), bytes: 4 * 137.5e6 },
    // Integers have no measured limit of arithmetic: theirs is memory's alone.
    decode: {
      operations: dtype === 'fp32' ? TOKENS * 2 * rows * base : 0,
      bytes: TOKENS * BYTES[dtype] * base,
    },
  };
  const entry = work[stage];
  return entry && limits && leastMs(entry, limits);
}

const describeLoad = () =>
  `load average ${loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')}`;

async function compare(
  context: BenchmarkContext,
  film: (beams: number) => Promise<StageTimes>,
  peer: NamedPeer | undefined,
  limits: MachineLimits | undefined,
  dtype: ReportGenDType,
): Promise<void> {
  const prefix = nameOf(dtype);
  const rounds = Number(context.options['rounds'] ?? 3);
  for (const beams of BEAMS) {
    const [mine, theirs]: [Laps[], Laps[]] = [[], []];
    let { numBoxes } = await film(beams);
    if (peer) await peerFilm(peer.process, beams, numBoxes);
    for (let round = 0; round < rounds; round++) {
      const times = await film(beams);
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
          leastOf(stage, { beams, numBoxes, dtype }, limits),
        ),
      );
    }
    const inRuns = (mine[0] && Object.keys(mine[0]).filter((name) => name.startsWith('run of'))) ?? [];
    context.note(inRuns.map((name) => `${name} ${middle(mine, name).toFixed(0)} ms`).join(', '));
    context.report(
      comparison(
        `${prefix}/${label}/total`,
        'ms',
        median(mine.map((laps) => sumOf(laps))),
        peer && { name: peer.name, value: median(theirs.map((laps) => sumOf(laps))) },
      ),
    );
  }
}

/** What figures of a kind of weights begin with. */
const nameOf = (dtype: ReportGenDType) => (dtype === 'fp32' ? 'rrg-full' : `rrg-full/${dtype}`);

const openPeer = (device: PeerDevice) =>
  openNamedTorchPeer('rrg_full.py', [], { modules: ['torch', 'torchvision'], device });

/**
 * Limits of the machine before any model is open, and by a peer that ends: what measuring them takes is in nobody's peak memory. Of a GPU only
 * a peer on it can tell.
 */
async function limitsBeforehand(isAlone: boolean, device: PeerDevice): Promise<MachineLimits | undefined> {
  const peer = isAlone ? undefined : await openPeer(device);
  const isThere = peer?.process.device === device;
  const limits =
    device === 'cpu'
      ? await bestLimits(peer?.process)
      : isThere
        ? await peer.process.ask<MachineLimits>({ do: 'limits' })
        : undefined;
  peer?.process.close();
  return limits;
}

/** Film to tokens at full size: stages of our model on ONNX Runtime beside the same network in PyTorch, on the same machine in turn. */
export const rrgFullBenchmark: Benchmark = {
  name: 'rrg-full',
  async run(context) {
    const inputs = fullSizeInputs(context);
    if (!inputs) return;
    const dtype = dtypeOption(context.options);
    const isAlone = context.options['peer'] === 'none';
    const device = peerDeviceOption(context.options);
    const limits = await limitsBeforehand(isAlone, device);
    const backend = await openBackend(context.options);
    context.note(`engine ${describeEngine(backend)}, generator in ${dtype}; ${describeLoad()}`);
    const started = performance.now();
    const model = await openFullModel(inputs.golden);
    const generated = performance.now();
    const ours = await openStages(backend, model, { dtype, maxBeams: Math.max(...BEAMS) });
    const films = [await readFile(inputs.film)];
    const film = (beams: number) => ours.run(films, { regions: SENTENCES, beams, tokens: TOKENS });
    await film(1);
    context.note(`weights opened in ${((generated - started) / 1000).toFixed(1)} s`);
    context.report(comparison(`${nameOf(dtype)}/compile`, 'ms', performance.now() - generated, undefined));
    const peer = isAlone ? undefined : await openPeer(device);
    context.note(
      limits
        ? `limits measured here: ${(limits.bandwidth / 1e9).toFixed(1)} GB/s read, ${(limits.arithmetic / 1e9).toFixed(0)} GFLOP/s`
        : 'no limits of the GPU: PyTorch with CUDA is not here to measure them',
    );
    try {
      await compare(context, film, peer, limits, dtype);
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
