import path from 'node:path';
import type { StudySplit } from '@crrg/datasets';
import {
  evaluateRclip,
  evaluateReports,
  evaluateRrg,
  rclipTables,
  reportTables,
  rrgTables,
  type EvaluationListener,
  type ResultTable,
} from '@crrg/evaluate/node';
import type { BackendName } from '@crrg/pipeline';
import { createDoubtLog } from '../doubt-log.js';
import { printError } from '../errors.js';
import { createProgressLine, type ProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import { EXIT_CODES, type CliIo, type CommandContext } from '../io.js';
import { formatTextTable } from '../score/table.js';
import { reportOptions, type EngineOptions, type RuntimeOptions } from './engine-options.js';
import { warningListener } from './open-models.js';
import { withFlags } from './option-names.js';

/** Options of every evaluation. */
interface StudyCommandOptions {
  readonly out: string;
  readonly split: StudySplit | 'all';
  readonly firstRows?: number;
  readonly resamples: number;
  readonly seed: number;
  readonly format: 'table' | 'json';
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** The command line of `crrg evaluate rrg`. */
export interface EvaluateRrgCommandOptions
  extends StudyCommandOptions, Omit<EngineOptions, 'quiet' | 'progress'> {
  readonly classifier?: string;
  readonly labels?: string;
  readonly chexbert?: string;
  readonly meteorParaphrases?: string;
  readonly withReferenceLeak?: boolean;
}

/** The command line of `crrg evaluate rclip`. */
export interface EvaluateRclipCommandOptions
  extends StudyCommandOptions, Omit<RuntimeOptions, 'quiet' | 'progress'> {
  readonly prompts?: string;
  readonly classPrompts?: string;
}

/** The command line of `crrg evaluate reports`. */
export interface EvaluateReportsCommandOptions extends StudyCommandOptions {
  readonly chexbert?: string;
  readonly meteorParaphrases?: string;
  readonly name?: string;
}

/** What every evaluation gives. */
interface Evaluated {
  readonly evaluation: {
    readonly notes: readonly string[];
    readonly intendedUse: string;
    readonly studies: { readonly numStudies: number; readonly numFailed: number };
  };
  readonly tables: readonly ResultTable[];
}

/** Settings that evaluations share. */
const commonOptions = ({ out, split, firstRows, resamples, seed }: StudyCommandOptions, io: CliIo) => ({
  ...{ out, split, firstRows, seed },
  numResamples: resamples,
  signal: io.signal,
});

/** Shows what an evaluation tells: progress on a line that replaces itself, doubts and failed films on lines of their own. */
function evaluationListener(
  progress: ProgressLine,
  { quiet = false }: { readonly quiet?: boolean },
  { io, setExitCode }: CommandContext,
): { readonly listen: EvaluationListener; readonly end: () => void } {
  const doubtLog = createDoubtLog(io);
  let total = 0;
  const listen: EvaluationListener = (event) => {
    if (event.type === 'films-kept') {
      if (!quiet) io.stderr.write(`${event.count} of ${event.total} films are done; going on\n`);
    } else if (event.type === 'film-start') {
      total = event.total;
      progress.setSubject(`[${event.number}/${event.total}] ${event.subject}`);
    } else if (event.type === 'film-end') {
      progress.clear();
      doubtLog.add(event.subject, event.doubts);
    } else if (event.type === 'film-failed') {
      progress.clear();
      printError(io, event.error, event.subject);
      setExitCode(EXIT_CODES.failed);
    } else if (event.type === 'scoring-start') {
      progress.setSubject('');
      progress.show('scores and intervals', false);
    } else progress.onProgress(event);
  };
  return { listen, end: () => doubtLog.end(total) };
}

function printEvaluation(
  { evaluation, tables }: Evaluated,
  { format, out, quiet }: StudyCommandOptions,
  io: CliIo,
): void {
  if (format === 'json') {
    io.stdout.write(`${JSON.stringify(evaluation, undefined, 2)}\n`);
    return;
  }
  const texts = tables.map((table) => `${table.title}\n\n${formatTextTable(table)}`);
  const notes = [...evaluation.notes, evaluation.intendedUse].map((note) => `${printable(note)}\n`);
  io.stdout.write([...texts, notes.join('')].join('\n'));
  if (!quiet) io.stderr.write(`wrote ${printable(path.join(out, 'evaluation.json'))}\n`);
}

/** Runs an evaluation with its progress, and says what is kept where it is stopped. */
async function runEvaluation(
  options: StudyCommandOptions,
  context: CommandContext,
  work: (listen: EvaluationListener) => Promise<Evaluated>,
): Promise<void> {
  const { io } = context;
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const listener = evaluationListener(progress, options, context);
  try {
    const evaluated = await work(listener.listen);
    progress.clear();
    listener.end();
    printEvaluation(evaluated, options, io);
  } catch (error) {
    progress.clear();
    if (io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw withFlags(error);
  }
}

/** Runs `crrg evaluate rrg`. */
export async function runEvaluateRrg(
  { model, studies }: { readonly model: string; readonly studies: string },
  options: EvaluateRrgCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { backend, threads, classifier, labels, chexbert, meteorParaphrases, withReferenceLeak } = options;
  await runEvaluation(options, context, async (onProgress) => {
    const { evaluation } = await evaluateRrg(studies, {
      ...commonOptions(options, context.io),
      ...reportOptions(options),
      ...{ model, threads, classifier, labels, chexbert, meteorParaphrases, withReferenceLeak, onProgress },
      backend: backend as BackendName | undefined,
      onWarning: warningListener({ quiet: options.quiet ?? false }, context.io),
    });
    return { evaluation, tables: rrgTables(evaluation) };
  });
}

/** Runs `crrg evaluate rclip`. */
export async function runEvaluateRclip(
  { model, studies }: { readonly model: string; readonly studies: string },
  options: EvaluateRclipCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { backend, threads, prompts, classPrompts, strict } = options;
  await runEvaluation(options, context, async (onProgress) => {
    const { evaluation } = await evaluateRclip(studies, {
      ...commonOptions(options, context.io),
      ...{ model, threads, prompts, classPrompts, strict, onProgress },
      backend: backend as BackendName | undefined,
      onWarning: warningListener({ quiet: options.quiet ?? false }, context.io),
    });
    return { evaluation, tables: rclipTables(evaluation) };
  });
}

/** Runs `crrg evaluate reports`. */
export async function runEvaluateReports(
  { reports, studies }: { readonly reports: string; readonly studies: string },
  options: EvaluateReportsCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { chexbert, meteorParaphrases, name } = options;
  await runEvaluation(options, context, async (onProgress) => {
    const common = commonOptions(options, context.io);
    const { evaluation } = await evaluateReports(reports, {
      ...common,
      ...{ studies, chexbert, meteorParaphrases, name, onProgress },
    });
    return { evaluation, tables: reportTables(evaluation.reports) };
  });
}
