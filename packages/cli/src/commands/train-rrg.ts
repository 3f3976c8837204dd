import { ConfigError, INTENDED_USE } from '@crrg/core';
import type { BackendName } from '@crrg/pipeline';
import type { RrgStage } from '@crrg/train';
import {
  RRG_STAGES,
  rrgResultRows,
  trainRrgOnStudies,
  type PerStage,
  type RrgOnStudiesOptions,
  type RrgPlan,
} from '@crrg/train/node';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CliIo } from '../io.js';
import { formatTextTable } from '../score/table.js';
import type { RuntimeOptions } from './engine-options.js';
import { warningListener } from './open-models.js';
import { withFlags } from './option-names.js';
import { readConfig } from './read-config.js';
import { trainRrgListener } from './train-rrg-listener.js';

/** What can be trained of the report model. */
export type RrgCommand = 'detector' | 'selector' | 'generator' | 'rrg';

const STAGES: Readonly<Record<RrgCommand, readonly RrgStage[]>> = {
  detector: ['detector'],
  selector: ['classifiers'],
  generator: ['full'],
  rrg: RRG_STAGES,
};

/** Options with a value for all stages or one for each. */
const LISTS = [
  ...['epochs', 'batchSize', 'learningRate', 'accumulate', 'evaluateEvery', 'seed'],
  ...['share', 'validShare', 'firstRows'],
] as const;

type ListName =
  | 'epochs'
  | 'batchSize'
  | 'learningRate'
  | 'accumulate'
  | 'evaluateEvery'
  | 'seed'
  | 'share'
  | 'validShare'
  | 'firstRows';

/** The command line of `crrg train rrg` and its stages. */
export type TrainRrgOptions = Omit<
  RrgOnStudiesOptions,
  keyof RuntimeOptions | ListName | 'config' | 'stages'
> &
  RuntimeOptions & { readonly [Name in ListName]?: readonly number[] } & {
    /** A file. */
    readonly config?: string;
    readonly command: RrgCommand;
  };

/** One value for all stages, or as many as there are stages. @throws {ConfigError} for another number of values */
function perStage(name: string, values: readonly number[], stages: readonly RrgStage[]): PerStage<number> {
  if (values.length === 1) return values[0]!;
  if (values.length === stages.length)
    return Object.fromEntries(stages.map((stage, at) => [stage, values[at]!]));
  throw new ConfigError(
    `cli.trainRrg: expected one value for \`${name}\`${stages.length > 1 ? `, or ${stages.length}` : ''}, got ${values.length}; the stages are ${stages.join(', ')}.`,
  );
}

async function toFunctionOptions(options: TrainRrgOptions): Promise<Omit<RrgOnStudiesOptions, 'backend'>> {
  const { command, config, ...rest } = options;
  const stages = STAGES[command];
  const lists = LISTS.flatMap((name) => {
    const values = options[name as ListName];
    return values ? [[name, perStage(name, values, stages)] as const] : [];
  });
  const { backend: _, ...others } = rest;
  return {
    ...(others as Omit<RrgOnStudiesOptions, 'backend'>),
    ...Object.fromEntries(lists),
    stages,
    config: await readConfig(config, 'detector, regionSelector and reportGen'),
  };
}

/** Tokens of a sentence that `crrg report` allows where it is not told. */
const DEFAULT_MAX_LENGTH = 300;

/** What the bundle is for. */
function nextCommand(command: RrgCommand, { bundle, plan }: { bundle: string; plan: RrgPlan }): string {
  if (command === 'detector') return `crrg train selector STUDIES --start ${bundle}`;
  if (command === 'selector') return `crrg train generator STUDIES --start ${bundle} --start GPT-2`;
  const { maxSentenceTokens: longest } = plan.preset;
  const option = longest === DEFAULT_MAX_LENGTH ? '' : ` --max-length ${longest}`;
  return `crrg report film.png --model ${bundle}${option}`;
}

/** Runs `crrg train detector`, `selector`, `generator` or `rrg`: region studies to a bundle. */
export async function trainRrg(file: string, options: TrainRrgOptions, io: CliIo): Promise<void> {
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const result = await trainRrgOnStudies(file, {
      ...(await toFunctionOptions(options)),
      backend: options.backend as BackendName | undefined,
      signal: io.signal,
      source: `crrg train ${options.command}`,
      onProgress: trainRrgListener(progress, options, io),
      onWarning: warningListener(options, io),
    });
    progress.clear();
    io.stdout.write(
      formatTextTable({
        columns: ['', 'value'],
        rows: rrgResultRows(result),
        notes: [`${result.bundle}: ${nextCommand(options.command, result)}`, INTENDED_USE],
      }),
    );
  } catch (error) {
    progress.clear();
    if (io.signal?.aborted && !options.quiet)
      io.stderr.write(`${printable(options.out)} keeps what is done; run the same command again to go on\n`);
    throw withFlags(error);
  }
}
