import { Option, type Command } from 'commander';
import { withInputErrors } from '../input-errors.js';
import type { CommandContext } from '../io.js';
import { addRuntimeOptions, parseCount } from './engine-options.js';
import { isCount, numberOption } from './number-option.js';
import type {
  EvaluateRclipCommandOptions,
  EvaluateReportsCommandOptions,
  EvaluateRrgCommandOptions,
} from './evaluate-run.js';

const RRG_EXAMPLES = `
STUDIES is a JSONL file of region studies, as crrg data imagenome writes it: image, regions with box, phrase and abnormality, reference
report. What a study does not say is not scored. The folder of --out gets evaluation.json, films.jsonl (a line a film), predictions.csv
(for crrg score --labels), chexbert-input.csv and the results page index.html. A stopped run goes on when the same command is run again; a
film that fails is counted and tried again then. Intervals come from samples of patients.

Examples:
  crrg evaluate rrg models/rgrg studies.jsonl --out results/rgrg
  crrg evaluate rrg tiny films.jsonl --labels findings.csv --classifier tiny --out results/tiny
  crrg evaluate rrg models/rgrg studies.jsonl --out results/rgrg --chexbert labeled_reports.csv`;

const REPORTS_EXAMPLES = `
REPORTS is a JSONL file, one {"id": "...", "text": "..."} a film, the id that of the region study: reports of crrg baseline, or of any
other system. An empty text is a film without a report.

Example:
  crrg evaluate reports baseline/reports.jsonl studies.jsonl --out results/baseline`;

const RCLIP_EXAMPLES = `
STUDIES is a JSONL file of R-CLIP studies, as crrg data rsna and crrg train rclip have it: images, labels, sections of the report. Labels are
for the probe and for zero-shot classification, by each image of a study; sections, joined, are for retrieval, by its first image. Without
--prompts zero-shot classification asks as CXR-CLIP does: its two prompts for pneumonia, else "No X" and "X".

Examples:
  crrg evaluate rclip runs/rclip/model rsna.jsonl --out results/rclip
  crrg evaluate rclip models/cxr-clip openi.jsonl --split all --prompts prompts.json --out results/openi`;

/** Options of every evaluation. */
export function addStudyOptions(command: Command): Command {
  return command
    .requiredOption('--out <folder>', 'gets the evaluation and its results page')
    .addOption(
      new Option('--split <name>', 'which studies')
        .choices(['train', 'valid', 'test', 'all'])
        .default('test'),
    )
    .option('--first-rows <n>', 'only so many of them, the first of the file', parseCount)
    .option(
      '--resamples <count>',
      'bootstrap samples of patients for intervals',
      numberOption('--resamples', (n) => isCount(n) && n > 1, 'a whole number from 2'),
      1000,
    )
    .option('--seed <number>', 'seed of the bootstrap', numberOption('--seed', isCount, 'a whole number'), 0)
    .addOption(
      new Option('--format <name>', 'what goes to stdout').choices(['table', 'json']).default('table'),
    );
}

/** Options of evaluations of reports. */
function addReportOptions(command: Command): Command {
  return command
    .option(
      '--chexbert <file>',
      "CheXbert's labels of the texts in chexbert-input.csv of an earlier run (CSV)",
    )
    .option('--meteor-paraphrases <file>', "METEOR's own table, paraphrase-en.gz; not shipped");
}

function addRrg(evaluate: Command, context: CommandContext): void {
  const rrg = evaluate
    .command('rrg')
    .description('a report model: regions, selection, sentences, reports, findings')
    .argument('<model>', 'tiny, a bundle folder, or the https address of one')
    .argument('<studies>', 'a JSONL file of region studies');
  addReportOptions(addStudyOptions(rrg))
    .option('--beams <n>', 'beams of the search, 1 is greedy (default: 4)', parseCount)
    .option('--max-length <n>', 'longest sentence in tokens (default: 300)', parseCount)
    .addOption(
      new Option('--similarity <how>', 'what counts as a repeated sentence')
        .choices(['exact', 'token-overlap'])
        .default('exact'),
    )
    .option('--classifier <model>', 'add what a classifier sees: tiny, a bundle folder, or an https address')
    .option('--labels <file>', 'findings of the films by id of the study, CSV or JSONL')
    .option(
      '--with-reference-leak',
      'add detection and selection measured as RGRG does, the truth among the proposals; it flatters',
    );
  addRuntimeOptions(rrg)
    .addHelpText('after', RRG_EXAMPLES)
    .action((model: string, studies: string, options: EvaluateRrgCommandOptions) =>
      withInputErrors(context, async () => {
        const { runEvaluateRrg } = await import('./evaluate-run.js');
        await runEvaluateRrg({ model, studies }, options, context);
      }),
    );
}

function addReports(evaluate: Command, context: CommandContext): void {
  const reports = evaluate
    .command('reports')
    .description('reports of any system: words and findings')
    .argument('<reports>', 'a JSONL file of reports')
    .argument('<studies>', 'a JSONL file of region studies with reference reports');
  addReportOptions(addStudyOptions(reports))
    .option('--name <name>', 'what the system is called (default: the name of the file)')
    .option('--quiet', 'only errors on stderr')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText('after', REPORTS_EXAMPLES)
    .action((file: string, studies: string, options: EvaluateReportsCommandOptions) =>
      withInputErrors(context, async () => {
        const { runEvaluateReports } = await import('./evaluate-run.js');
        await runEvaluateReports({ reports: file, studies }, options, context);
      }),
    );
}

function addRclip(evaluate: Command, context: CommandContext): void {
  const rclip = evaluate
    .command('rclip')
    .description('a contrastive model: probe, zero-shot classification, retrieval')
    .argument('<model>', 'tiny, a bundle folder, or the https address of one')
    .argument('<studies>', 'a JSONL file of R-CLIP studies');
  addStudyOptions(rclip)
    .option('--prompts <file>', 'prompts by label, JSON: {"Pneumonia": ["No pneumonia", "Pneumonia"]}')
    .option(
      '--class-prompts <file>',
      'prompts by class, JSON: {"Edema": ["mild edema", ...], ...}, such as of CheXpert 5x200',
    );
  addRuntimeOptions(rclip)
    .addHelpText('after', RCLIP_EXAMPLES)
    .action((model: string, studies: string, options: EvaluateRclipCommandOptions) =>
      withInputErrors(context, async () => {
        const { runEvaluateRclip } = await import('./evaluate-run.js');
        await runEvaluateRclip({ model, studies }, options, context);
      }),
    );
}

/** `crrg evaluate`. */
export function addEvaluateCommand(program: Command, context: CommandContext): void {
  const evaluate = program.command('evaluate').description('measure models on studies with known answers');
  addRrg(evaluate, context);
  addRclip(evaluate, context);
  addReports(evaluate, context);
}
