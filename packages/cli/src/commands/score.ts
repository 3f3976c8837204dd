import type { ReportMetricName } from '@crrg/metrics';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { writeFileAtomically } from '../files.js';
import { createProgressLine } from '../format/progress-line.js';
import type { CommandContext } from '../main.js';
import { withInputErrors } from '../input-errors.js';
import { isCount, numberOption } from './number-option.js';
import { readLabelledScores } from '../score/labelled-scores.js';
import { PLOT_FORMATS, writePlots, type Plot, type PlotFormat } from '../score/plot-files.js';
import { readReportPairs, type ReportPairs } from '../score/report-pairs.js';
import { formatLatexTable, formatTextTable, type ScoreTable } from '../score/table.js';

interface ScoreCommandOptions {
  readonly candidates?: string;
  readonly references?: string;
  readonly labels?: string;
  readonly metrics?: string;
  readonly tokenizer: 'ptb' | 'rgrg' | 'none';
  readonly ciderFrequencies: 'references' | 'none';
  readonly textField?: string;
  readonly items?: string;
  readonly threshold: number;
  readonly resamples: number;
  readonly seed: number;
  readonly format: 'json' | 'table' | 'latex';
  readonly plots?: string;
  readonly plotFormat: PlotFormat;
  readonly quiet?: boolean;
}

const SCHEMA = 'crrg/score/1';

const EXAMPLES = `
Files are .jsonl, .json, .csv or .tsv (fields candidate or text; reference, references or text; id), or text, one report a line.
Reports are paired by id where every row has one, else by order. --labels reads the fields label (0 or 1), score, and optionally
condition and weight.

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
    .option('--metrics <names>', 'of bleu, rougeL, cider, meteor, tfidf, clinical (default: all)')
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
  result: { readonly table: ScoreTable; readonly json: unknown; readonly plots: () => readonly Plot[] },
): Promise<void> {
  if (folder !== undefined) {
    const files = await writePlots(folder, result.plots(), plotFormat);
    if (!quiet) for (const file of files) io.stderr.write(`wrote ${file}\n`);
  }
  if (format === 'json') io.stdout.write(`${JSON.stringify(result.json, undefined, 2)}\n`);
  else io.stdout.write(format === 'latex' ? formatLatexTable(result.table) : formatTextTable(result.table));
}

async function runLabels(file: string, options: ScoreCommandOptions, context: CommandContext): Promise<void> {
  const data = await readLabelledScores(file);
  const { labelPlots, labelTable, scoreCondition } = await import('../score/score-labels.js');
  const settings = { threshold: options.threshold, resamples: options.resamples, seed: options.seed };
  const scores = data.map((item) => {
    context.io.signal?.throwIfAborted();
    return scoreCondition(item, settings);
  });
  await output(options, context, {
    table: labelTable(scores, settings),
    json: { schema: SCHEMA, kind: 'labels', ...settings, level: 0.95, conditions: scores },
    plots: () => labelPlots(data, scores, settings),
  });
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
  { ids, subjects }: ReportPairs,
  items: Readonly<Record<string, readonly unknown[]>>,
) {
  const lines = subjects.map((_, at) => {
    const scores = Object.fromEntries(Object.entries(items).map(([name, values]) => [name, values[at]]));
    return `${JSON.stringify({ id: ids?.[at] ?? at + 1, ...scores })}\n`;
  });
  await writeFileAtomically(file, lines.join(''));
}

async function runReports(
  files: { readonly candidates: string; readonly references: string },
  options: ScoreCommandOptions,
  context: CommandContext,
): Promise<void> {
  const [{ REPORT_METRICS }, { reportPlots, reportTable, scoreReports }] = await Promise.all([
    import('@crrg/metrics'),
    import('../score/score-reports.js'),
  ]);
  const metrics = chosenMetrics(options.metrics, REPORT_METRICS);
  const pairs = await readReportPairs({ ...files, textField: options.textField });
  const progress = createProgressLine(context.io.stderr, { isQuiet: options.quiet });
  try {
    const evaluation = await scoreReports(
      pairs,
      { ...options, metrics },
      {
        signal: context.io.signal,
        onProgress: ({ stage, done, total }) =>
          progress.onProgress({ type: 'stage-start', stage: `${stage} ${done} of ${total} reports` }),
      },
    );
    progress.clear();
    if (options.items !== undefined) await writeItems(options.items, pairs, evaluation.items);
    const { itemCount, totals, signatures } = evaluation;
    await output(options, context, {
      table: reportTable(evaluation, pairs.numUnmatched),
      json: {
        schema: SCHEMA,
        kind: 'reports',
        itemCount,
        numUnmatched: pairs.numUnmatched,
        totals,
        signatures,
      },
      plots: () => reportPlots(pairs),
    });
  } finally {
    progress.clear();
  }
}
