import type { Command } from 'commander';
import { withoutCaller } from '../errors.js';
import { filmNames, listFilms, sayLeftOut } from '../files.js';
import { formatDicomInfo } from '../format/dicom-text.js';
import { createProgressLine } from '../format/progress-line.js';
import { widthOf, type CommandContext } from '../io.js';
import { forEachFilm } from './each-film.js';
import { jsonOutput } from './result-output.js';

const EXAMPLES = `
A folder stands for the DICOM files in it, whatever their names. Facts about pixels only: never a name, a date or an identifier.

Examples:
  crrg dicom info film.dcm
  crrg dicom info films/ --json`;

/** `crrg dicom`. */
export function addDicomCommand(program: Command, context: CommandContext): void {
  const dicom = program.command('dicom').description('look at DICOM files');
  dicom
    .command('info')
    .description('show how the pixels of a DICOM file are stored, and whether it can be read as a film')
    .argument('<file...>', 'DICOM files, or folders of them')
    .option('--json', 'JSON on stdout: one object, or a list for several files')
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: { json?: boolean }) => runInfo(files, options, context));
}

async function runInfo(
  files: readonly string[],
  { json }: { json?: boolean },
  context: CommandContext,
): Promise<void> {
  const { io } = context;
  const films = await listFilms(files, 'dicom');
  sayLeftOut(films, io);
  const names = filmNames(films);
  const { describeDicom } = await import('@crrg/image/node');
  const list = json ? jsonOutput(io.stdout, films.isSingle) : undefined;
  const progress = createProgressLine(io.stderr, { isQuiet: true, isForced: false });
  let isFirst = true;
  await forEachFilm(films, context, progress, async (file) => {
    const description = await describeDicom(file);
    const { problem } = description;
    const told = { ...description, problem: problem && withoutCaller(problem) };
    const name = names.get(file)!;
    if (list) await list.add({ schema: 'crrg/dicom-info/1', file: name, ...told });
    else io.stdout.write(`${isFirst ? '' : '\n'}${formatDicomInfo(name, told, widthOf(io.stdout))}`);
    isFirst = false;
    return description.doubts;
  });
  await list?.end();
}
