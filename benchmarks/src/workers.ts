import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadavg } from 'node:os';
import { createRandom } from '@crrg/core';
import { greyImage, type GreyImage } from '@crrg/image';
import {
  createReportPipeline,
  createReportPool,
  type ImageSource,
  type ReportPipeline,
} from '@crrg/pipeline/node';
import { comparison, median, timed, type Benchmark, type BenchmarkContext } from './framework.js';

const SIDE = 1024;
const AT_ONCE = 8;
const ROUNDS = 3;

type Reader = Pick<ReportPipeline<ImageSource>, 'generateReport' | 'dispose'>;

/** How long the main thread is kept from other work by a report, with and without a worker, and how many reports several requests get. */
export const workersBenchmark: Benchmark = {
  name: 'workers',
  async run(context) {
    const rounds = Number(context.options['rounds'] ?? ROUNDS);
    context.note(`demonstration model, films of ${SIDE} pixels a side; load ${loadavg()[0]!.toFixed(1)}`);
    await reportDelay(context, rounds);
    await reportThroughput(context, rounds);
  },
};

/** A film of noise: its sentences are as long as those of a chest. */
function film(): GreyImage {
  const random = createRandom(3);
  return greyImage(
    SIDE,
    SIDE,
    Uint8Array.from({ length: SIDE * SIDE }, () => random.integer(256)),
  );
}

async function reportDelay(context: BenchmarkContext, rounds: number): Promise<void> {
  const [here, there] = [await delayOf(false, rounds), await delayOf(true, rounds)];
  const figures = [
    ['event-loop delay, p99', 'p99'],
    ['event-loop delay, longest', 'longest'],
    ['a report', 'report'],
    ['opening', 'opening'],
  ] as const;
  for (const [name, field] of figures)
    context.report(
      comparison(`workers/${name}`, 'ms', there[field], { name: 'without worker', value: here[field] }),
    );
}

/** Milliseconds. */
interface Delay {
  readonly opening: number;
  readonly report: number;
  readonly p99: number;
  readonly longest: number;
}

async function delayOf(worker: boolean, rounds: number): Promise<Delay> {
  let pipeline!: Reader;
  const opening = await timed(async () => (pipeline = await createReportPipeline({ worker })));
  const image = film();
  await pipeline.generateReport(image);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const reports: number[] = [];
  for (let round = 0; round < rounds; round++)
    reports.push(await timed(() => pipeline.generateReport(image)));
  delay.disable();
  pipeline.dispose();
  return {
    opening,
    report: median(reports),
    p99: delay.percentile(99) / 1e6,
    longest: delay.max / 1e6,
  };
}

/** A server's way: {@link AT_ONCE} requests come together. */
async function reportThroughput(context: BenchmarkContext, rounds: number): Promise<void> {
  const servers = {
    pool: await createReportPool({ maxQueue: AT_ONCE }),
    'one pipeline': await createReportPipeline(),
    'one pipeline, one thread': await createReportPipeline({ threads: 1 }),
  } satisfies Record<string, Reader>;
  context.note(`the pool has ${servers.pool.stats().size} workers`);
  const rates = new Map<string, number[]>();
  const image = film();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, server] of Object.entries<Reader>(servers)) {
      const milliseconds = await timed(() =>
        Promise.all(Array.from({ length: AT_ONCE }, () => server.generateReport(image))),
      );
      // The first round warms up.
      if (round > 0) rates.set(name, [...(rates.get(name) ?? []), (1000 * AT_ONCE) / milliseconds]);
    }
  }
  for (const server of Object.values<Reader>(servers)) server.dispose();
  const rate = (name: keyof typeof servers) => median(rates.get(name)!);
  for (const peer of ['one pipeline', 'one pipeline, one thread'] as const)
    context.report({
      name: `workers/${AT_ONCE} requests at once, pool`,
      value: rate('pool'),
      unit: 'reports/s',
      peer: { name: peer, value: rate(peer) },
      ratio: rate('pool') / rate(peer),
    });
}
