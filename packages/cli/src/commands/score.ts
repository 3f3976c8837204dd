import { InputErrors, type InputProblem } from '@crrg/core';
import type { ReportMetricName, WorkProgress } from '@crrg/metrics';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { createClaims, linesKind } from '../output/claims.js';
import { openLineFile } from '../output/line-file.js';
import { withInputErrors } from '../input-errors.js';
import { isCount, numberOption } from './number-option.js';
import { readLabelledScores, type LabelledScores } from '../score/labelled-scores.js';
import { claimPlots, PLOT_FORMATS, writePlots, type Plot, type PlotFormat } from '../score/plot-files.js';
import { readReportPairs, type ReportPairs } from '../score/report-pairs.js';
import type { ConditionScores } from '../score/score-labels.js';
import { formatLatexTable, formatTextTable, type ScoreTable } from '../score/table.js';

interface ScoreCommandOptions {
  readonly candidates?: string;
  readonly references?: string;
  readonly labels?: string;
  readonly metrics?: string;
  readonly tokenizer: 'ptb' | 'rgrg' | 'none';
  readonly ciderFrequencies: 'references' | 'none';
  readonly textField?: string;
  readonly idField?: string;
  readonly byOrder?: boolean;
  readonly items?: string;
  readonly threshold: number;
  readonly resamples: number;
  readonly seed: number;
  readonly format: 'json' | 'table' | 'latex';
  readonly plots?: string;
  readonly plotFormat: PlotFormat;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

const SCHEMA = 'crrg/score/1';
const ITEM_SCHEMA = 'crrg/score-item/1';

/** The names for `--help`, which loads no metrics; the type asks for every one. */
const METRICS: Readonly<Record<ReportMetricName, true>> = {
  bleu: true,
  rougeL: true,
  rouge: true,
  cider: true,
  meteor: true,
  tfidf: true,
  clinical: true,
  temporal: true,
};

const EXAMPLES = `
Files are JSON Lines, a JSON list, CSV or TSV (fields candidate, text or report; references, reference, text or report; id, study_id and
the like, in any spelling), or text, one report a line; the content tells which. Reports are paired by identifier, by order where
neither file has one. --labels reads the fields label (0 or 1), score, and optionally condition and weight.

Examples:
  crrg score --candidates reports.jsonl --references references.csv
  crrg score --candidates reports.txt --references references.txt --tokenizer rgrg --cider-frequencies none --format latex
  crrg score --labels predictions.csv --format json --plots plots --plot-format png`;

/** `crrg score`. */
export function addScoreCommand(program: Command, context: CommandContext): void {
  program
    .command('score')
    .description('score reports against references, or classifier scores against labels')
    .option('--candidates <file>', 'the reports to score')
    .option('--references <file>', 'what they should say')
    .addOption(
      new Option('--labels <file>', 'labels and scores of a classifier').conflicts([
        'candidates',
        'references',
      ]),
    )
    .option('--metrics <names>', `of ${Object.keys(METRICS).join(', ')} (default: all)`)
    .addOption(
      new Option('--tokenizer <name>', 'how texts become words')
        .choices(['ptb', 'rgrg', 'none'])
        .default('ptb'),
    )
    .addOption(
      new Option('--cider-frequencies <source>', 'document frequencies of CIDEr: of the references, or all 1')
        .choices(['references', 'none'])
        .default('references'),
    )
    .option('--text-field <name>', 'field that holds the text in both files')
    .option('--id-field <name>', 'field that identifies a report in both files')
    .option('--by-order', 'pair by order, although there are identifiers')
    .option('--items <out>', 'a file that gets one JSON line of scores for each report')
    .option(
      '--threshold <score>',
      'least score of a positive prediction',
      numberOption('--threshold', Number.isFinite, 'a number'),
      0.5,
    )
    .option(
      '--resamples <count>',
      'bootstrap samples for intervals; 0 for none',
      numberOption('--resamples', (n) => isCount(n) && n !== 1, '0 or a whole number from 2'),
      1000,
    )
    .option('--seed <number>', 'seed of the bootstrap', numberOption('--seed', isCount, 'a whole number'), 0)
    .addOption(
      new Option('--format <name>', 'what goes to stdout')
        .choices(['table', 'json', 'latex'])
        .default('table'),
    )
    .option('--plots <folder>', 'a folder that gets the plots')
    .addOption(
      new Option('--plot-format <name>', 'file format of plots').choices(PLOT_FORMATS).default('svg'),
    )
    .option('--quiet', 'only errors on stderr')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText('after', EXAMPLES)
    .action((options: ScoreCommandOptions) => runScore(options, context));
}

async function runScore(options: ScoreCommandOptions, context: CommandContext): Promise<void> {
  const { candidates, references, labels } = options;
  if (labels === undefined && (candidates === undefined || references === undefined))
    throw new UsageError('score: expected --candidates and --references, or --labels; name the files.');
  await withInputErrors(context, () =>
    labels !== undefined
      ? runLabels(labels, options, context)
      : runReports({ candidates: candidates!, references: references! }, options, context),
  );
}

/** Prints the result and writes the plots; where the plots went is said on stderr. */
async function output(
  { format, plots: folder, plotFormat, quiet }: ScoreCommandOptions,
  { io }: CommandContext,
  result: {
    readonly table: ScoreTable;
    readonly json: unknown;
    readonly plots: () => Promise<readonly Plot[]>;
  },
): Promise<void> {
  if (folder !== undefined) {
    const plots = await result.plots();
    io.signal?.throwIfAborted();
    const files = await writePlots(folder, plots, plotFormat);
    if (!quiet) for (const file of files) io.stderr.write(`wrote ${printable(file)}\n`);
  }
  if (format === 'json') io.stdout.write(`${JSON.stringify(result.json, undefined, 2)}\n`);
  else io.stdout.write(format === 'latex' ? formatLatexTable(result.table) : formatTextTable(result.table));
}

/** Says on stderr how files were read where that is not plain. */
function printNotes({ io }: CommandContext, notes: readonly string[]): void {
  for (const note of notes) io.stderr.write(`crrg: ${printable(note)}\n`);
}

/** Scores every condition that can be scored; the others are problems. */
async function scoreConditions(
  file: string,
  conditions: readonly LabelledScores[],
  options: ScoreCommandOptions,
  context: CommandContext,
): Promise<{ scores: ConditionScores[]; scored: LabelledScores[]; problems: InputProblem[] }> {
  const { scoreCondition } = await import('../score/score-labels.js');
  const progress = createProgressLine(context.io.stderr, {
    isQuiet: options.quiet,
    isForced: options.progress,
  });
  const scores: ConditionScores[] = [];
  const scored: LabelledScores[] = [];
  const problems: InputProblem[] = [];
  try {
    for (const [at, item] of conditions.entries()) {
      context.io.signal?.throwIfAborted();
      progress.setSubject(`condition ${at + 1} of ${conditions.length}`);
      progress.show('scoring', false);
      const onProgress = ({ done, total }: WorkProgress) =>
        progress.show(`sample ${done} of ${total}`, done < total);
      try {
        scores.push(await scoreCondition(item, options, { signal: context.io.signal, onProgress }));
        scored.push(item);
      } catch (error) {
        if (!(error instanceof InputErrors)) throw error;
        problems.push(
          ...error.problems.map(({ subject, message }) => ({ subject: `${file}: ${subject}`, message })),
        );
      }
    }
  } finally {
    progress.clear();
  }
  return { scores, scored, problems };
}

/** Conditions that cannot be scored are said; the others are printed all the same. */
async function runLabels(file: string, options: ScoreCommandOptions, context: CommandContext): Promise<void> {
  const progress = createProgressLine(context.io.stderr, {
    isQuiet: options.quiet,
    isForced: options.progress,
  });
  progress.show(printable(`reading ${file}`), false);
  const data = await readLabelledScores(file, context.io.signal).finally(() => progress.clear());
  const notes = data.notes.map((note) => `${file}: ${note}`);
  printNotes(context, notes);
  if (options.plots !== undefined) {
    const { labelPlotNames } = await import('../score/score-labels.js');
    const claims = await createClaims([file]);
    await claimPlots(options.plots, labelPlotNames(data.conditions), options.plotFormat, claims);
  }
  const { scores, scored, problems } = await scoreConditions(file, data.conditions, options, context);
  const failed = [...data.problems, ...problems];
  if (scores.length === 0) throw new InputErrors(failed);
  const { labelPlots, labelTable } = await import('../score/score-labels.js');
  const settings = { threshold: options.threshold, resamples: options.resamples, seed: options.seed };
  const table = labelTable(scores, settings);
  await output(options, context, {
    table: { ...table, notes: [...table.notes, ...notes] },
    json: {
      schema: SCHEMA,
      kind: 'labels',
      ...settings,
      level: 0.95,
      conditions: scores,
      ...(failed.length > 0 ? { failed } : {}),
      ...(notes.length > 0 ? { notes } : {}),
    },
    plots: () => labelPlots(scored, scores, settings, context.io.signal),
  });
  if (failed.length > 0) throw new InputErrors(failed);
}

function chosenMetrics(names: string | undefined, known: readonly ReportMetricName[]): ReportMetricName[] {
  if (names === undefined) return [...known];
  return names.split(',').map((text) => {
    const name = known.find((each) => each.toLowerCase() === text.trim().toLowerCase());
    if (name) return name;
    throw new UsageError(
      `--metrics: expected names of ${known.join(', ')}, got ${text.trim() || 'nothing'}.`,
    );
  });
}

async function writeItems(
  file: string,
  { ids, subjects, pairedBy }: ReportPairs,
  items: Readonly<Record<string, readonly unknown[]>>,
) {
  const lines = subjects.map((_, at) => {
    const scores = Object.fromEntries(Object.entries(items).map(([name, values]) => [name, values[at]]));
    return `${JSON.stringify({ schema: ITEM_SCHEMA, id: ids?.[at] ?? at + 1, pairedBy, ...scores })}\n`;
  });
  const output = await openLineFile(file);
  try {
    await output.add(lines.join(''));
  } finally {
    await output.end();
  }
}

async function runReports(
  files: { readonly candidates: string; readonly references: string },
  options: ScoreCommandOptions,
  context: CommandContext,
): Promise<void> {
  const [{ REPORT_METRICS }, { REPORT_PLOT_NAME, reportPlots, reportTable, scoreReports }] =
    await Promise.all([import('@crrg/metrics'), import('../score/score-reports.js')]);
  const metrics = chosenMetrics(options.metrics, REPORT_METRICS);
  const claims = await createClaims([files.candidates, files.references]);
  if (options.items !== undefined)
    await claims.claim({
      option: '--items',
      file: options.items,
      kind: linesKind('scores that crrg wrote', 'crrg/score-item/'),
    });
  if (options.plots !== undefined)
    await claimPlots(options.plots, [REPORT_PLOT_NAME], options.plotFormat, claims);
  const { textField, idField, byOrder } = options;
  const { signal } = context.io;
  const progress = createProgressLine(context.io.stderr, {
    isQuiet: options.quiet,
    isForced: options.progress,
  });
  try {
    progress.show(printable(`reading ${files.candidates} and ${files.references}`), false);
    const pairs = await readReportPairs({ ...files, textField, idField, byOrder, signal });
    progress.clear();
    printNotes(context, pairs.notes);
    const evaluation = await scoreReports(
      pairs,
      { ...options, metrics },
      {
        signal,
        onProgress: ({ stage, done, total }) =>
          progress.show(`${stage} ${done} of ${total} reports`, done < total),
      },
    );
    progress.clear();
    if (options.items !== undefined) await writeItems(options.items, pairs, evaluation.items);
    const { itemCount, totals, signatures } = evaluation;
    await output(options, context, {
      table: reportTable(evaluation, pairs),
      json: {
        schema: SCHEMA,
        kind: 'reports',
        itemCount,
        pairedBy: pairs.pairedBy,
        textFields: pairs.textFields,
        numUnmatched: pairs.numUnmatched,
        ...(pairs.notes.length > 0 ? { notes: pairs.notes } : {}),
        totals,
        signatures,
      },
      plots: () => reportPlots(pairs, signal),
    });
  } finally {
    progress.clear();
  }
}
