import { readFileSync } from 'node:fs';
import { ConfigError } from '@crrg/core';
import { Command, CommanderError } from 'commander';
import { addBaselineCommand } from './commands/baseline.js';
import { addClassifyCommand } from './commands/classify.js';
import { addDataCommand } from './commands/data.js';
import { addDicomCommand } from './commands/dicom.js';
import { addDescribeCommand } from './commands/describe.js';
import { addModelsCommand } from './commands/models.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addReportCommand } from './commands/report.js';
import { addScoreCommand } from './commands/score.js';
import { addTablesCommand } from './commands/tables.js';
import { addTrainCommand } from './commands/train.js';
import { printError, UsageError } from './errors.js';
import { printable } from './format/text.js';
import { EXIT_CODES, widthOf, type CliIo, type CommandContext } from './io.js';

const AFTER_HELP = `
Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 stopped by Ctrl+C.
CRRG_DEBUG=1 shows where an error happened.
Research software, not a medical device.`;

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function createProgram(context: CommandContext): Command {
  const { stdout, stderr } = context.io;
  const program = new Command('crrg')
    .description('Region-grounded reports of chest radiographs.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError('(crrg --help shows what is possible)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: (text, write) => write(`${printable(text.trimEnd().replace(/^error: /, 'crrg: '))}\n`),
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    .exitOverride();
  addReportCommand(program, context);
  addDescribeCommand(program, context);
  addClassifyCommand(program, context);
  addDicomCommand(program, context);
  addDataCommand(program, context);
  addModelsCommand(program, context);
  addScoreCommand(program, context);
  addTrainCommand(program, context);
  addBaselineCommand(program, context);
  addEvaluateCommand(program, context);
  addTablesCommand(program, context);
  inheritSettings(program);
  return program;
}

/** Settings of the program for commands that were added by hand. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

function exitCodeOf(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
  if (io.signal?.aborted) {
    io.stderr.write('crrg: stopped\n');
    return EXIT_CODES.aborted;
  }
  printError(io, error);
  return error instanceof UsageError || error instanceof ConfigError ? EXIT_CODES.usage : EXIT_CODES.failed;
}

/**
 * Runs `crrg` with the given arguments and gives its exit code, {@link EXIT_CODES}. Touches nothing of the process: text goes to `io`,
 * `io.signal` stops it.
 *
 * @example
 * ```ts
 * const code = await runCli(['report', 'film.png', '--json'], { stdout: process.stdout, stderr: process.stderr });
 * ```
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT_CODES.done;
  const context: CommandContext = { io, setExitCode: (code) => (exitCode = code) };
  try {
    const program = createProgram(context);
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, io);
  }
}
