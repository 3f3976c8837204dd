import { comparison, median, type Benchmark, type BenchmarkContext } from './framework.js';
import { openNamedTorchPeer } from './peer.js';
import { askSource } from './source-process.js';
import type { MeasuredStage, TrainingFigures } from './training-run.js';
import { trainingWeightsFile } from './training-weights.js';

/** Films a step: what fits into a machine of 24 GB, on both sides. */
const BATCHES: Readonly<Record<MeasuredStage, number>> = { detector: 2, classifiers: 2, full: 1, rclip: 8 };
/** The first step also allocates. */
const STEPS = 3;
const DATA: Readonly<Record<MeasuredStage, string>> = {
  detector: '512 px, 29 boxes, trunk + region proposals + box head',
  classifiers: 'the same with both region classifiers',
  full: 'the same with GPT-2 medium over 9 sentences of 24 tokens',
  rclip: '2 x 224 px and 2 x 256 tokens a study, ResNet-50 + BERT-base',
};

/** Steps of all stages at the paper's size, each in a process of its own, beside PyTorch. */
export const trainingBenchmark: Benchmark = {
  name: 'training',
  async run(context) {
    const asked = context.options['stage'];
    const stages = Object.keys(BATCHES).filter((stage) => !asked || stage === asked) as MeasuredStage[];
    for (const stage of stages) await compare(context, stage);
  },
};

/** Studies of a step, and of R-CLIP those in memory at a time. */
interface Sizes {
  readonly batch: number;
  readonly microBatch: number;
}

async function measureOurs(stage: MeasuredStage, { batch, microBatch }: Sizes): Promise<TrainingFigures> {
  const weights = await trainingWeightsFile(stage === 'rclip' ? 'rclip' : 'rrg');
  return askSource('./training-run.ts', [stage, ...[batch, STEPS].map(String), weights, String(microBatch)]);
}

async function measurePeer(
  stage: MeasuredStage,
  { batch, microBatch }: Sizes,
): Promise<(TrainingFigures & { name: string }) | undefined> {
  const modules = ['torch', 'torchvision', 'transformers'];
  const args = [stage, String(batch), String(microBatch)];
  const peer = await openNamedTorchPeer('training.py', args, { modules });
  if (!peer) return undefined;
  const { process, name } = peer;
  try {
    const milliseconds: number[] = [];
    for (let step = 0; step < STEPS; step++)
      milliseconds.push((await process.ask<{ ms: number }>({ do: 'step' })).ms);
    const { peak } = await process.ask<{ peak: number }>({ do: 'memory' });
    return { name, milliseconds, peak };
  } finally {
    process.close();
  }
}

async function compare(context: BenchmarkContext, stage: MeasuredStage): Promise<void> {
  const batch = Number(context.options['batch'] ?? BATCHES[stage]);
  const asked = stage === 'rclip' ? context.options['micro-batch'] : undefined;
  const sizes = { batch, microBatch: Number(asked ?? batch) };
  const cut = asked === undefined ? '' : ` in micro-batches of ${asked}`;
  context.note(`\n${stage}, ${batch} a step${cut}: ${DATA[stage]}; forward, backward and AdamW in float32`);
  const ours = await measureOurs(stage, sizes);
  const theirs = context.options['peer'] === 'none' ? undefined : await measurePeer(stage, sizes);
  if (!theirs) context.note('PyTorch with torchvision and transformers is not here, so no peer');
  const after = (figures: TrainingFigures) => median(figures.milliseconds.slice(1)) / 1000;
  const peer = (value: (figures: TrainingFigures) => number) =>
    theirs && { name: theirs.name, value: value(theirs) };
  const gigabytes = ({ peak }: TrainingFigures) => peak / 2 ** 30;
  context.report(comparison(`training/${stage}/step`, 's', after(ours), peer(after)));
  context.report(comparison(`training/${stage}/peak memory`, 'GiB', gigabytes(ours), peer(gigabytes)));
}
