import { InputErrors, type InputProblem } from '@crrg/core';
import type { ReportMetricName, WorkProgress } from '@crrg/metrics';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { createClaims } from '../output/claims.js';
import { withInputErrors } from '../input-errors.js';
import { isCount, numberOption } from './number-option.js';
import { readLabelledScores, type LabelledScores } from '../score/labelled-scores.js';
import { claimPlots, PLOT_FORMATS } from '../score/plot-files.js';
import type { ConditionScores } from '../score/score-labels.js';
import { output, printNotes, SCHEMA, type ScoreCommandOptions } from '../score/score-output.js';

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
neither file has one. Intervals come from samples of patients where a file has a field patient, patient_id or subject_id. --labels reads the fields label (0 or 1), score, and optionally condition and weight.

Examples:
  crrg score --candidates reports.jsonl --references references.csv
  crrg score --candidates reports.txt --references references.txt --tokenizer rgrg --cider-frequencies none --format latex
  crrg score --candidates ours.jsonl --references references.csv --compare theirs.jsonl --resamples 10000
  crrg score --chexbert-candidates ours.csv --chexbert-references references.csv --uncertain rgrg
  crrg score --labels predictions.csv --format json --plots plots --plot-format png`;

/** What may be scored besides texts and classifiers. */
const CHEXBERT_FILES = ['chexbertCandidates', 'chexbertReferences', 'chexbertCompare'];
const REPORT_FILES = [
  ...['compare', 'chexbert', ...CHEXBERT_FILES, 'bertscore'],
  ...['radgraphCandidates', 'radgraphReferences', 'radgraphCompare', 'radcliq'],
];

/** Three numbers below 1. */
function parseBaseline(text: string) {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length !== 3 || !numbers.every((value) => value < 1 && value > -1))
    throw new InvalidArgumentError(
      'expected three numbers below 1 for --bertscore-baseline, such as 0.847,0.848,0.847.',
    );
  const [precision, recall, f1] = numbers as [number, number, number];
  return { precision, recall, f1 };
}

/** `crrg score`. */
export function addScoreCommand(program: Command, context: CommandContext): void {
  program
    .command('score')
    .description('score reports against references, or classifier scores against labels')
    .option('--candidates <file>', 'the reports to score')
    .option('--references <file>', 'what they should say')
    .option('--compare <file>', 'reports of another system, to compare with')
    .option('--chexbert-candidates <file>', 'labels that CheXbert gave to the reports')
    .option('--chexbert-references <file>', 'labels that CheXbert gave to the references')
    .option('--chexbert-compare <file>', 'labels that CheXbert gave to the reports of another system')
    .addOption(
      new Option('--uncertain <rule>', 'what an uncertain label of CheXbert is; rgrg: as in its tables')
        .choices(['positive', 'negative', 'ignore', 'rgrg'])
        .default('positive'),
    )
    .option('--radgraph-candidates <file>', 'graphs that radgraph made of the reports')
    .option('--radgraph-references <file>', 'graphs that radgraph made of the references')
    .option('--radgraph-compare <file>', 'graphs that radgraph made of the reports of another system')
    .addOption(
      new Option('--chexbert <folder>', 'a CheXbert exported to ONNX, to label the texts').conflicts(
        CHEXBERT_FILES,
      ),
    )
    .option('--bertscore <folder>', 'a text encoder exported to ONNX, for BERTScore')
    .option('--bertscore-idf', 'rare tokens of the references weigh more')
    .option('--bertscore-baseline <p,r,f>', 'what unrelated texts score, to rescale', parseBaseline)
    .option('--radcliq <file>', 'a table of radgraph_combined, bertscore, semb_score and bleu_score')
    .addOption(
      new Option('--labels <file>', 'labels and scores of a classifier').conflicts([
        'candidates',
        'references',
        ...REPORT_FILES,
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
    .option('--rouge-stem', 'ROUGE-1, -2 and -L with beta 1 of stems')
    .option('--meteor-paraphrases <file>', "METEOR's own table, paraphrase-en.gz; not shipped")
    .option('--text-field <name>', 'field that holds the text in both files')
    .option('--id-field <name>', 'field that identifies a report in both files')
    .option('--patient-field <name>', 'field that names the patient of a report')
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
  const { labels } = options;
  if (labels === undefined) checkReportFiles(options);
  await withInputErrors(context, async () => {
    if (labels !== undefined) return runLabels(labels, options, context);
    const { runReports } = await import('../score/run-reports.js');
    return runReports(options, context);
  });
}

/** Both sides of everything that is to be scored. */
function checkReportFiles(options: ScoreCommandOptions): void {
  const { candidates, references, radcliq, items, plots } = options;
  const sides = [
    ['', candidates, references, options.compare],
    ['chexbert-', options.chexbertCandidates, options.chexbertReferences, options.chexbertCompare],
    ['radgraph-', options.radgraphCandidates, options.radgraphReferences, options.radgraphCompare],
  ] as const;
  const isGiven =
    [options.chexbert, options.bertscore].some((folder) => folder !== undefined) ||
    sides.some((files) => files.slice(1).some((file) => file !== undefined));
  if (!isGiven && radcliq === undefined)
    throw new UsageError('score: expected --candidates and --references, or --labels; name the files.');
  for (const [name, ours, theirs, other] of sides)
    if ((ours === undefined) !== (theirs === undefined) || (ours === undefined && other !== undefined))
      throw new UsageError(
        name === ''
          ? 'score: expected --candidates and --references, or --labels; name the files.'
          : `score: expected --${name}candidates and --${name}references; name both.`,
      );
  const { chexbert, bertscore } = options;
  const [needsTexts] = Object.entries({ items, plots, chexbert, bertscore }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (needsTexts !== undefined && candidates === undefined)
    throw new UsageError(
      `score: expected --candidates and --references for ${needsTexts}, got none; name the files.`,
    );
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
