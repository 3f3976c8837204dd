import { ANATOMICAL_REGIONS, isAnatomicalRegion } from '@crrg/core';
import { Option, type Command } from 'commander';
import type { RegionPrompt } from '@crrg/pipeline';
import { createDoubtLog } from '../doubt-log.js';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { formatDescription } from '../format/report-text.js';
import { widthOf, type CommandContext } from '../io.js';
import { addEngineOptions, reportOptions, type EngineOptions } from './engine-options.js';
import { lazyPipeline } from './open-models.js';

interface DescribeOptions extends EngineOptions {
  readonly region?: string;
  readonly box?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  crrg describe film.png --region "left lung"
  crrg describe film.png --box 120,80,420,600 --json

Regions: ${ANATOMICAL_REGIONS.join(', ')}.`;

/** `crrg describe`. */
export function addDescribeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('describe')
    .description('say what the model sees in one region or box of a radiograph')
    .argument('<file>', 'a PNG, JPEG or DICOM file')
    .addOption(new Option('--region <name>', 'one of the 29 regions').conflicts('box'))
    .option('--box <x1,y1,x2,y2>', 'corners in pixels of the picture')
    .option('--json', 'JSON on stdout');
  addEngineOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: DescribeOptions) => runDescribe(file, options, context));
}

function parsePrompt({ region, box }: DescribeOptions): RegionPrompt {
  if (region !== undefined) {
    const name = region.toLowerCase().trim();
    if (isAnatomicalRegion(name)) return { region: name };
    throw new UsageError(`--region: expected one of ${ANATOMICAL_REGIONS.join(', ')}, got ${region}.`);
  }
  if (box === undefined)
    throw new UsageError('describe: expected --region or --box, got neither; name what to describe.');
  const corners = box.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x1, y1, x2, y2] = corners as [number, number, number, number];
  if (corners.length === 4 && corners.every(Number.isFinite) && x1 < x2 && y1 < y2)
    return { box: { x1, y1, x2, y2 } };
  throw new UsageError(`--box: expected x1,y1,x2,y2 with x1 < x2 and y1 < y2, got ${box}.`);
}

async function runDescribe(file: string, options: DescribeOptions, { io }: CommandContext): Promise<void> {
  const prompt = parsePrompt(options);
  const { loadRadiograph } = await import('@crrg/pipeline');
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  progress.setSubject(file);
  const pipeline = lazyPipeline(options, io, progress.onProgress);
  try {
    const radiograph = await loadRadiograph(file, { signal: io.signal });
    const settings = { ...reportOptions(options), signal: io.signal, onProgress: progress.onProgress };
    const description = await (await pipeline.get()).describeRegion(radiograph, prompt, settings);
    progress.clear();
    createDoubtLog(io).add(file, description.doubts);
    const { stdout } = io;
    if (options.json) stdout.write(`${JSON.stringify(description, undefined, 2)}\n`);
    else stdout.write(`${formatDescription(description, widthOf(stdout))}\n${description.intendedUse}\n`);
  } finally {
    progress.clear();
    pipeline.dispose();
  }
}
