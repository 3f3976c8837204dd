import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createReportPipeline, loadModel, type ImageSource, type ReportPipeline } from '@crrg/pipeline';
import { openBackend } from './backend-option.js';
import {
  describeEngine,
  interleave,
  median,
  timed,
  type Benchmark,
  type BenchmarkContext,
} from './framework.js';
import { dtypeOption, fullWeightsList, goldenFolder, openFullModel } from './full-model.js';

const DEFAULT_FILMS = '../shared/data/nih/images';
/** The generated weights hardly ever end a text, so that the length decides; the demonstration model ends its own. */
const MAX_LENGTH = { full: 31, tiny: 300 } as const;

type Size = keyof typeof MAX_LENGTH;

interface Contest {
  readonly pipeline: ReportPipeline<ImageSource>;
  readonly films: readonly string[];
  readonly size: Size;
  readonly numBeams: number;
  readonly rounds: number;
}

const megabytes = () => process.resourceUsage().maxRSS / 1024;

/** Films a minute, `batchSize` at a time beside one by one, in turn; tokens must be the same. */
async function compare(
  context: BenchmarkContext,
  { pipeline, films, size, numBeams, rounds }: Contest,
  batchSize: number,
): Promise<void> {
  const options = {
    numBeams,
    maxLength: Math.min(MAX_LENGTH[size], pipeline.model.config.reportGen.numPositions),
  };
  const [alone, together]: [string[], string[]] = [[], []];
  const oneByOne = async () => {
    for (const [at, film] of films.entries())
      alone[at] = JSON.stringify(
        (await pipeline.generateReport(film, options)).findings.map((f) => f.sentence),
      );
  };
  const inBatches = async () => {
    for await (const { index, report, error } of pipeline.generateReports(films, { ...options, batchSize })) {
      if (error) throw error;
      together[index] = JSON.stringify(report.findings.map((finding) => finding.sentence));
    }
  };
  await oneByOne();
  const memoryAlone = megabytes();
  await inBatches();
  const memoryTogether = megabytes();
  const [single, batched] = await interleave([() => timed(oneByOne), () => timed(inBatches)], {
    warmup: 0,
    rounds,
    goes: 1,
  });
  const perMinute = (times: readonly number[]) => (60_000 * films.length) / median(times);
  const [value, peer] = [perMinute(batched!), perMinute(single!)];
  const same = alone.filter((texts, at) => texts === together[at]).length;
  const isUsual = size === 'full' && numBeams === 1 && batchSize === 4;
  const setting = `${numBeams === 1 ? 'greedy' : `${numBeams} beams`}/${batchSize} at a time`;
  const label = `rrg-${size}/films-per-minute${isUsual ? '' : `/${setting}`}`;
  context.note(`${label}: sentences of ${same} of ${films.length} films are those of one by one`);
  context.report({
    name: label,
    unit: 'films/min',
    value,
    peer: { name: 'one by one', value: peer },
    ratio: value / peer,
  });
  context.report({
    name: `${label}/peak-memory`,
    unit: 'MiB',
    value: memoryTogether,
    peer: { name: 'one by one', value: memoryAlone },
    ratio: memoryAlone / memoryTogether,
  });
}

/** What `generateReports` gains over `generateReport` for each film. */
export const filmsPerMinuteBenchmark: Benchmark = {
  name: 'films-per-minute',
  async run(context) {
    const size: Size = context.options['size'] === 'tiny' ? 'tiny' : 'full';
    const folder = goldenFolder(context.options);
    for (const needed of [DEFAULT_FILMS, ...(size === 'full' ? [fullWeightsList(folder)] : [])]) {
      if (existsSync(needed)) continue;
      context.note(`skipped: ${needed} is not here.`);
      return;
    }
    const count = Number(context.options['films'] ?? (size === 'full' ? 8 : 32));
    const names = (await readdir(DEFAULT_FILMS)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
    const films = names.slice(0, count).map((name) => join(DEFAULT_FILMS, name));
    const batches = (context.options['batch'] ?? (size === 'full' ? '4' : '2,4,8')).split(',').map(Number);
    const beams = size === 'full' ? [1] : [1, 4];
    const rounds = Number(context.options['rounds'] ?? (size === 'full' ? 1 : 3));
    const backend = await openBackend(context.options);
    const model = size === 'full' ? await openFullModel(folder) : await loadModel('tiny');
    const dtype = dtypeOption(context.options);
    const pipeline = await createReportPipeline({ model, backend, dtype });
    context.note(`engine ${describeEngine(backend)}, generator in ${dtype}; ${films.length} films`);
    try {
      for (const numBeams of beams)
        for (const batchSize of batches)
          await compare(context, { pipeline, films, size, numBeams, rounds }, batchSize);
    } finally {
      pipeline.dispose();
      backend.dispose();
    }
  },
};
