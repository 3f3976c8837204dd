import { Option, type Command } from 'commander';
import type { ComparisonTable } from '@crrg/evaluate';
import { UsageError } from '../errors.js';
import { formatMarkdownTable } from '../format/markdown-table.js';
import type { CommandContext } from '../io.js';
import { escapeLatex, formatLatexTable, formatTextTable, type ScoreTable } from '../score/table.js';

const FORMATS = ['text', 'markdown', 'latex', 'json'] as const;

interface TablesCommandOptions {
  readonly name?: readonly string[];
  readonly format: (typeof FORMATS)[number];
}

type TitledTable = ScoreTable & { readonly title: string };

/** The format of `--format json`. */
const SCHEMA = 'crrg/tables/1';

const EXAMPLES = `
A folder is one of crrg evaluate, with its evaluation.json; without folders only published rows are printed. Notes say of each published row where it
is from and what it can be compared with. Intervals of our rows come from samples of patients.

Examples:
  crrg tables results/rrg results/rclip
  crrg tables results/a results/b --name "ours, 1.35 %" "ours, 3.70 %" --format latex > tables.tex`;

/** `crrg tables`. */
export function addTablesCommand(program: Command, context: CommandContext): void {
  program
    .command('tables')
    .description("print the paper's Tables 1 and 2 with your rows beside the published ones")
    .argument('[folder...]', 'folders of evaluations')
    .option('--name <name...>', 'what rows are called, one a folder (default: the name of the folder)')
    .addOption(new Option('--format <name>', 'what is printed').choices(FORMATS).default('text'))
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
  { name = [], format }: TablesCommandOptions,
  { io }: CommandContext,
): Promise<void> {
  if (name.length > 0 && name.length !== folders.length)
    throw new UsageError(
      `--name: expected a name for each of ${folders.length} folders, got ${name.length}; name all, folders first.`,
    );
  const { comparisonTables, formatComparison, readNamedEvaluations } = await import('@crrg/evaluate/node');
  const tables = comparisonTables(await readNamedEvaluations(folders, name));
  io.stdout.write(
    format === 'json'
      ? toJson(tables)
      : tables.map((table) => FORMATTERS[format](formatComparison(table))).join('\n'),
  );
}
