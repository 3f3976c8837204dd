import { InvalidArgumentError, Option, type Command } from 'commander';
import type { BackendName, NodePipelineOptions, ReportOptions } from '@crrg/pipeline';
import { REPORT_GEN_DTYPES, tokenOverlapSimilarity, type ReportGenDType } from '@crrg/report-gen';

/** Options of every command that computes. */
export interface RuntimeOptions {
  readonly backend?: string;
  readonly threads?: number;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly strict?: boolean;
}

/** Options of every command with the report model. */
export interface EngineOptions extends RuntimeOptions {
  readonly model?: string;
  readonly dtype?: ReportGenDType;
  readonly beams?: number;
  readonly maxLength?: number;
  readonly similarity: 'exact' | 'token-overlap';
}

/** The names for `--help`, which loads no pipeline; the type asks for every one. */
const BACKENDS: Readonly<Record<BackendName, true>> = {
  onnx: true,
  'onnx-cuda': true,
  'onnx-webgpu': true,
  'onnx-wasm': true,
  'tfjs-cpu': true,
  'tfjs-wasm': true,
  'tfjs-node': true,
  'tfjs-node-gpu': true,
};

/** Reads a whole number of at least 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

/** Adds the options of {@link RuntimeOptions}. */
export function addRuntimeOptions(command: Command): Command {
  return command
    .option('--backend <name>', `${Object.keys(BACKENDS).join(', ')} (default: onnx)`)
    .option('--threads <n>', "threads of the engine (default: the engine's choice)", parseCount)
    .option('--strict', 'refuse films that are in doubt')
    .option('--quiet', 'no progress and no warnings; doubts are said all the same')
    .option('--progress', 'progress also where stderr is no terminal');
}

/** Adds the options of {@link EngineOptions}. */
export function addEngineOptions(command: Command): Command {
  command
    .option('--model <model>', 'tiny, a bundle folder, or the https address of one (default: tiny)')
    .addOption(
      new Option(
        '--dtype <how>',
        'how weights are kept: q8 is fastest, q4 smallest (default: fp32, exact)',
      ).choices(REPORT_GEN_DTYPES),
    )
    .option('--beams <n>', 'beams of the search, 1 is greedy (default: 4)', parseCount)
    .option('--max-length <n>', 'longest sentence in tokens (default: 300)', parseCount)
    .addOption(
      new Option('--similarity <how>', 'what counts as a repeated sentence')
        .choices(['exact', 'token-overlap'])
        .default('exact'),
    );
  return addRuntimeOptions(command);
}

/** What the pipeline is made with. */
export function pipelineOptions({
  model,
  backend,
  threads,
  dtype,
  beams,
}: EngineOptions): NodePipelineOptions {
  return { model, backend: backend as BackendName | undefined, threads, dtype, maxBeams: beams };
}

/** What each report is made with. */
export function reportOptions({ beams, maxLength, similarity, strict }: EngineOptions): ReportOptions {
  return {
    strict,
    numBeams: beams,
    maxLength,
    similarity: similarity === 'token-overlap' ? tokenOverlapSimilarity : undefined,
  };
}
