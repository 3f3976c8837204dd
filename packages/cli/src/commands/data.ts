import type { DataCard, ImagenomeRoots, PhraseMode, StudyOutcome } from '@crrg/datasets/node';
import { Option, type Command } from 'commander';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { addRegionSources } from './data-regions.js';
import { addStudySources } from './data-studies.js';
import { addOutputOptions, claimStudies, type DataOutputOptions } from './data-output.js';

interface ImagenomeCommandOptions extends DataOutputOptions {
  readonly root: string;
  readonly imagenome?: string;
  readonly reports?: string;
  readonly pictures?: string;
  readonly mode: PhraseMode;
}

const CARD_SCHEMA = 'crrg/data-card/';

const EXAMPLES = `
Below --root the data sets are looked for under the names of PhysioNet: imagenome, chest-imagenome/1.0.0, mimic-cxr/2.1.0, mimic-cxr-jpg/2.1.0.
OUT gets a line a film: its 29 regions with box, text and abnormality, and the reference report; OUT.card.json counts what was left out and
why. A run that was stopped, even by a kill, goes on with the same command.

Example:
  crrg data imagenome --root physionet.org/files --out studies.jsonl --mode mended`;

/** `crrg data`. */
export function addDataCommand(program: Command, context: CommandContext): void {
  const data = program.command('data').description('make files of studies from published data sets on disk');
  addOutputOptions(
    data
      .command('imagenome')
      .description('region studies from Chest ImaGenome, MIMIC-CXR and MIMIC-CXR-JPG')
      .requiredOption('--root <folder>', 'the folder that holds the data sets')
      .requiredOption('--out <file>', 'the file of studies')
      .option('--imagenome <folder>', 'Chest ImaGenome, where it is elsewhere')
      .option('--reports <folder>', 'MIMIC-CXR, where it is elsewhere')
      .option('--pictures <folder>', 'MIMIC-CXR-JPG, where it is elsewhere')
      .addOption(
        new Option('--mode <name>', 'phrases as RGRG cleans them, or without its damage to numbers')
          .choices(['strict', 'mended'])
          .default('strict'),
      ),
  )
    .addHelpText('after', EXAMPLES)
    .action((options: ImagenomeCommandOptions) => runImagenome(options, context));
  addStudySources(data, context);
  addRegionSources(data, context);
}

/** Faults of single files; the other reasons are as the data set is. */
const FAULTS = ['unreadable picture', 'unreadable report', 'unreadable scene graph', 'no scene graph'];

function formatCard(out: string, { splits }: DataCard): string {
  const lines = Object.entries(splits).map(([split, { listed, studies, skipped, reversedBoxes }]) => {
    const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
    const left = reasons.length > 0 ? `; left out: ${reasons.join(', ')}` : '';
    const reversed =
      reversedBoxes > 0 ? `; ${reversedBoxes} boxes with corners in the wrong order left out` : '';
    return `${split}: ${studies} studies of ${listed} rows${left}${reversed}\n`;
  });
  return `${printable(out)}\n${lines.join('')}`;
}

async function runImagenome(options: ImagenomeCommandOptions, { io }: CommandContext): Promise<void> {
  const { cardPath, findImagenomeRoots, writeImagenomeStudies } = await import('@crrg/datasets/node');
  const { root, imagenome, reports, pictures, out, mode } = options;
  const roots: ImagenomeRoots = await findImagenomeRoots(root, { imagenome, reports, pictures });
  await claimStudies(out, cardPath(out), CARD_SCHEMA);
  const line = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  let rows = 0;
  const onOutcome = (outcome: StudyOutcome) => {
    rows += 1;
    line.show(`${outcome.listed.split}: ${rows} rows`, rows % 10_000 !== 0);
    if (outcome.kind !== 'skipped' || !FAULTS.includes(outcome.reason) || options.quiet) return;
    line.clear();
    const problem = outcome.problem === undefined ? '' : `: ${outcome.problem}`;
    io.stderr.write(`crrg: ${printable(`${outcome.listed.where}: left out, ${outcome.reason}${problem}`)}\n`);
  };
  try {
    const card = await writeImagenomeStudies({ roots, out, mode, signal: io.signal, onOutcome });
    io.stdout.write(options.json ? `${JSON.stringify(card, undefined, 2)}\n` : formatCard(out, card));
  } finally {
    line.clear();
  }
}
