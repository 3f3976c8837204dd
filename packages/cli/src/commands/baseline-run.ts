import {
  predictByMajority,
  predictByNeighbours,
  studyKindOf,
  trainCaptioner,
  requireReportsFile,
  writeCaptions,
  writeEndpointReports,
  writeMajorityReports,
  writeRetrievedReports,
  type BaselineListener,
  type CaptionerKind,
  type MajorityUnit,
} from '@crrg/baselines/node';
import { ConfigError, INTENDED_USE } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import type { StudySplit } from '@crrg/datasets';
import type { BackendName } from '@crrg/pipeline';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import { EXIT_CODES, type CliIo, type CommandContext } from '../io.js';
import { formatTextTable } from '../score/table.js';
import { baselineListener } from './baseline-listener.js';
import type { RuntimeOptions } from './engine-options.js';
import { warningListener } from './open-models.js';
import { withFlags } from './option-names.js';

/** Options of every baseline. */
export interface BaselineCommandOptions {
  readonly out: string;
  readonly split: StudySplit;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** The command line of `crrg baseline show-and-tell` and `ada-att`. */
export interface CaptionerCommandOptions
  extends BaselineCommandOptions, Omit<RuntimeOptions, 'quiet' | 'progress'> {
  readonly kind: CaptionerKind;
  readonly model?: string;
  readonly preset?: string;
  readonly imageEncoder?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly beams?: number;
  readonly onBadBatch: 'stop' | 'skip';
  readonly seed?: number;
}

/** The command line of `crrg baseline majority`. */
export interface MajorityCommandOptions extends BaselineCommandOptions {
  readonly unit?: MajorityUnit;
}

/** The command line of `crrg baseline retrieval`. */
export interface RetrievalCommandOptions
  extends BaselineCommandOptions, Omit<RuntimeOptions, 'quiet' | 'progress'> {
  readonly model?: string;
  readonly neighbours?: number;
}

/** The command line of `crrg baseline endpoint`. */
export interface EndpointCommandOptions extends BaselineCommandOptions {
  readonly confirmUpload?: boolean;
  readonly url: string;
  readonly model: string;
  readonly keyEnv: string;
  /** A file. */
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly imageSide: number;
  readonly asReference?: boolean;
  readonly requestsPerMinute: number;
  /** Seconds. */
  readonly timeout: number;
  readonly strict?: boolean;
}

/** Rows of a name and a value. */
type Rows = readonly (readonly [string, string])[];

/** Runs a baseline with its progress; prints what it gives, with how to score it. */
export async function runBaseline(
  {
    options,
    studies,
    keeps,
  }: { readonly options: BaselineCommandOptions; readonly studies: string; readonly keeps: boolean },
  io: CliIo,
  work: (listen: BaselineListener) => Promise<{ readonly file: string; readonly rows: Rows }>,
): Promise<void> {
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const { file, rows } = await work(baselineListener(progress, options, io));
    progress.clear();
    const next = file.endsWith('.csv')
      ? `crrg score --labels ${file}`
      : `crrg evaluate reports ${file} ${studies} --out FOLDER`;
    io.stdout.write(
      formatTextTable({
        columns: ['', 'value'],
        rows: rows.map((row) => [...row]),
        notes: [`${file}: ${next}`, INTENDED_USE],
      }),
    );
  } catch (error) {
    progress.clear();
    if (keeps && io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw withFlags(error);
  }
}

const engineOf = ({ backend, threads, strict, quiet = false }: RuntimeOptions, io: CliIo) => ({
  backend: backend as BackendName | undefined,
  ...{ threads, strict, signal: io.signal },
  onWarning: warningListener({ quiet }, io),
});

/** Runs `crrg baseline show-and-tell` and `ada-att`. */
export async function runCaptioner(
  studies: string,
  options: CaptionerCommandOptions,
  io: CliIo,
): Promise<void> {
  const { kind, out, split, model, beams } = options;
  await runBaseline({ options, studies, keeps: model === undefined }, io, async (onProgress) => {
    const shared = { ...engineOf(options, io), onProgress, out };
    if (model !== undefined)
      return {
        file: await writeCaptions(studies, { ...shared, model, split, numBeams: beams }),
        rows: [['model', model]],
      };
    await requireReportsFile(out);
    const { preset, imageEncoder, epochs, batchSize, learningRate, onBadBatch, seed } = options;
    const { bundle, ...result } = await trainCaptioner(studies, {
      ...shared,
      ...{ kind, preset, imageEncoder, epochs, batchSize, learningRate, onBadBatch, seed },
      source: `crrg baseline ${kind}`,
    });
    const numBeams = beams ?? result.numBeams;
    const file = await writeCaptions(studies, { ...shared, model: bundle, split, numBeams });
    const rows: Rows = [
      ['films for training', String(result.counts.train)],
      ['films for validation', String(result.counts.valid)],
      ['words', String(result.numWords)],
      ['best validation loss', `${result.loss.toFixed(4)} (epoch ${result.epoch})`],
      ['model', bundle],
    ];
    return { file, rows };
  });
}

/** Runs `crrg baseline majority`. */
export async function runMajority(
  studies: string,
  options: MajorityCommandOptions,
  io: CliIo,
): Promise<void> {
  const { out, split, unit } = options;
  await runBaseline({ options, studies, keeps: false }, io, async () => {
    if ((await studyKindOf(studies)) === 'rclip')
      return {
        file: await predictByMajority(studies, { out, split, signal: io.signal }),
        rows: [['labels', 'share of the training films']],
      };
    const report = await writeMajorityReports(studies, { out, split, unit, signal: io.signal });
    const rows: Rows = [
      ['films for training', String(report.counted)],
      report.occurrences === undefined
        ? ['report', 'the most common sentence of each region']
        : ['films with exactly this report', String(report.occurrences)],
    ];
    return { file: report.file, rows };
  });
}

/** Runs `crrg baseline retrieval`. */
export async function runRetrieval(
  studies: string,
  options: RetrievalCommandOptions,
  io: CliIo,
): Promise<void> {
  const { out, split, model, neighbours } = options;
  await runBaseline({ options, studies, keeps: false }, io, async (onProgress) => {
    const shared = { ...engineOf(options, io), onProgress, out, split, model };
    if ((await studyKindOf(studies)) === 'rclip')
      return {
        file: await predictByNeighbours(studies, { ...shared, neighbours }),
        rows: [['films compared by', model ?? 'pixels']],
      };
    const { file, features } = await writeRetrievedReports(studies, shared);
    return { file, rows: [['films compared by', features]] };
  });
}

/** Services on this machine need no key. @throws {ConfigError} where the variable is empty and the service is elsewhere */
function keyOf({ keyEnv, url }: EndpointCommandOptions, { env }: CliIo): string | undefined {
  const key = env?.[keyEnv];
  if (key !== undefined && key !== '') return key;
  if (url.startsWith('http:')) return undefined;
  throw new ConfigError(
    `cli.baseline: \`keyEnv\`: expected the key of the service in the environment variable ${keyEnv}, got nothing; set it, or name another.`,
  );
}

/** Runs `crrg baseline endpoint`. */
export async function runEndpoint(
  studies: string,
  options: EndpointCommandOptions,
  { io, setExitCode }: CommandContext,
): Promise<void> {
  const { keyEnv: _, confirmUpload = false, prompt, timeout, ...rest } = options;
  await runBaseline({ options, studies, keeps: true }, io, async (onProgress) => {
    const { file, counts } = await writeEndpointReports(studies, {
      ...rest,
      confirmUpload,
      apiKey: confirmUpload ? keyOf(options, io) : undefined,
      prompt: prompt === undefined ? undefined : (await readInputText(prompt)).trim(),
      timeoutMs: timeout * 1000,
      signal: io.signal,
      onProgress,
    });
    if (counts.failed > 0) setExitCode(EXIT_CODES.failed);
    const rows: Rows = [
      ['model', options.model],
      ['films', String(counts.films)],
      ['answers of an earlier run', String(counts.kept)],
      ['declined, text empty', String(counts.refused)],
      ['said nothing, text empty', String(counts.empty)],
      ['cut by the limit of tokens', String(counts.cut)],
      ['films without a report', String(counts.failed)],
    ];
    return { file, rows };
  });
}
