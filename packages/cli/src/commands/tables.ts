import { Option, type Command } from 'commander';
import type { ComparisonTable } from '@crrg/evaluate';
import { UsageError } from '../errors.js';
import { formatMarkdownTable } from '../format/markdown-table.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { escapeLatex, formatLatexTable, formatTextTable, type ScoreTable } from '../score/table.js';

const FORMATS = ['text', 'markdown', 'latex', 'json'] as const;

interface TablesCommandOptions {
  readonly name?: readonly string[];
  readonly format: (typeof FORMATS)[number];
  readonly page?: string;
  readonly title?: string;
  readonly images?: string;
  readonly runs?: readonly string[];
}

type TitledTable = ScoreTable & { readonly title: string };

/** The format of `--format json`. */
const SCHEMA = 'crrg/tables/1';

const EXAMPLES = `
A folder is one of crrg evaluate, with its evaluation.json; without folders only published rows are printed. Notes say of each published row where it
is from and what it can be compared with. Intervals of our rows come from samples of patients.

Examples:
  crrg tables results/rrg results/rclip
  crrg tables results/a results/b --name "ours, 1.35 %" "ours, 3.70 %" --format latex > tables.tex
  crrg tables results/rrg results/rclip --page results --images data --runs runs/rrg runs/rclip`;

/** `crrg tables`. */
export function addTablesCommand(program: Command, context: CommandContext): void {
  program
    .command('tables')
    .description("print the paper's Tables 1 and 2 with your rows beside the published ones")
    .argument('[folder...]', 'folders of evaluations')
    .option('--name <name...>', 'what rows are called, one a folder (default: the name of the folder)')
    .addOption(new Option('--format <name>', 'what is printed').choices(FORMATS).default('text'))
    .option('--page <folder>', 'a folder that gets a results page of all of them, index.html')
    .option('--title <text>', 'heading of the page (default: Results)')
    .option(
      '--images <folder>',
      'what the images of the studies are named relative to, for examples on the page',
    )
    .option('--runs <folder...>', 'trainings whose losses the page shows')
    .addHelpText('after', EXAMPLES)
    .action((folders: string[], options: TablesCommandOptions) => runTables(folders, options, context));
}

const FORMATTERS: Readonly<
  Record<Exclude<TablesCommandOptions['format'], 'json'>, (table: TitledTable) => string>
> = {
  text: (table) => `${table.title}\n\n${formatTextTable(table)}`,
  markdown: (table) => `### ${table.title}\n\n${formatMarkdownTable(table)}`,
  latex: (table) => `% ${escapeLatex(table.title)}\n${formatLatexTable(table)}`,
};

/** JSON has no `undefined`: a figure that a row lacks is not there. */
const toJson = (tables: readonly ComparisonTable[]) =>
  `${JSON.stringify({ schema: SCHEMA, tables }, undefined, 2)}\n`;

async function runTables(
  folders: readonly string[],
  options: TablesCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { name = [], format } = options;
  const { io } = context;
  if (name.length > 0 && name.length !== folders.length)
    throw new UsageError(
      `--name: expected a name for each of ${folders.length} folders, got ${name.length}; name all, folders first.`,
    );
  if (options.page === undefined && [options.title, options.images, options.runs].some(Boolean))
    throw new UsageError(
      'tables: expected --page with --title, --images and --runs; name a folder for the page.',
    );
  const { comparisonTables, formatComparison, readNamedEvaluations } = await import('@crrg/evaluate/node');
  const tables = comparisonTables(await readNamedEvaluations(folders, name));
  io.stdout.write(
    format === 'json'
      ? toJson(tables)
      : tables.map((table) => FORMATTERS[format](formatComparison(table))).join('\n'),
  );
  if (options.page !== undefined) await writePage(folders, options, context);
}

/** Writes one page of all evaluations; the trainings stand with the first. */
async function writePage(
  folders: readonly string[],
  { page, name = [], title, images, runs }: TablesCommandOptions,
  { io }: CommandContext,
): Promise<void> {
  const { writeResultsPage } = await import('@crrg/evaluate/node');
  const evaluations = folders.map((folder, index) => ({
    ...{ folder, images, name: name[index] },
    runs: index === 0 ? runs : undefined,
  }));
  const file = await writeResultsPage(page!, evaluations, { title, overview: true, signal: io.signal });
  io.stderr.write(`wrote ${printable(file)}\n`);
}
