import path from 'node:path';
import type { LabelPolicy, RclipStudy } from '@crrg/datasets';
import type * as datasets from '@crrg/datasets/node';
import type { RclipDataCard, SourceOptions } from '@crrg/datasets/node';
import { Option, type Command } from 'commander';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { addOutputOptions, claimStudies, type DataOutputOptions } from './data-output.js';

interface StudiesCommandOptions extends LabelPolicy, DataOutputOptions {
  readonly root: string;
  readonly lists?: string;
  readonly reports?: string;
  readonly pictures?: string;
  readonly labeller?: 'chexpert' | 'negbio';
}

type Readers = typeof datasets;
type Studies = AsyncIterable<RclipStudy>;

/** Studies of a source, and the folders whose lists tell two runs apart. */
interface OpenSource {
  readonly folders: readonly string[];
  readonly studies: (source: SourceOptions) => Studies;
}

interface Source {
  readonly description: string;
  readonly addOptions?: (command: Command) => Command;
  readonly open: (readers: Readers, options: StudiesCommandOptions) => OpenSource | Promise<OpenSource>;
}

const addPolicy = (command: Command) =>
  command
    .addOption(
      new Option('--uncertain <value>', 'what uncertain labels count as')
        .choices(['omit', 'positive', 'negative'])
        .default('omit'),
    )
    .addOption(
      new Option('--unmentioned <value>', 'what blank labels count as')
        .choices(['omit', 'negative'])
        .default('omit'),
    );

const SOURCES: Readonly<Record<string, Source>> = {
  rsna: {
    description: 'R-CLIP studies from RSNA pneumonia (stage_2_train_labels.csv, stage_2_train_images)',
    addOptions: (command) =>
      command.option(
        '--lists <folder>',
        'published lists: train.csv, valid.csv, test.csv with a column patientId (default: drawn as CXR-CLIP does)',
      ),
    open: async ({ findRsnaLists, readRsnaStudies }, { root, lists: folder }) => {
      const lists = folder === undefined ? undefined : await findRsnaLists(folder);
      return {
        folders: folder === undefined ? [root] : [root, folder],
        studies: (source) => readRsnaStudies(root, { lists, ...source }),
      };
    },
  },
  nih: {
    description: 'R-CLIP studies from NIH ChestX-ray14 (Data_Entry_2017_v2020.csv, both lists, images)',
    open: ({ readNihStudies }, { root }) => ({
      folders: [root],
      studies: (source) => readNihStudies(root, source),
    }),
  },
  openi: {
    description: 'R-CLIP studies from Open-i (ecgen-radiology, indiana_projections.csv, images)',
    open: ({ readOpeniStudies }, { root }) => ({
      folders: [root],
      studies: (source) => readOpeniStudies(root, source),
    }),
  },
  chexpert: {
    description: 'R-CLIP studies from CheXpert (CheXpert-v1.0, chexpert_5x200.csv)',
    addOptions: addPolicy,
    open: ({ readChexpertRclipStudies }, { root, uncertain, unmentioned }) => ({
      folders: [root, path.join(root, 'CheXpert-v1.0')],
      studies: (source) => readChexpertRclipStudies(root, { uncertain, unmentioned, ...source }),
    }),
  },
  kermany: {
    description: 'R-CLIP studies from the folders of Kermany (train, val, test)',
    open: ({ readKermanyStudies }, { root }) => ({
      folders: [root],
      studies: (source) => readKermanyStudies(root, source),
    }),
  },
  mimic: {
    description: 'R-CLIP studies from MIMIC-CXR and MIMIC-CXR-JPG: findings, impression, official split',
    addOptions: (command) =>
      addPolicy(command)
        .option('--reports <folder>', 'MIMIC-CXR, where it is elsewhere')
        .option('--pictures <folder>', 'MIMIC-CXR-JPG, where it is elsewhere')
        .addOption(
          new Option('--labeller <name>', 'whose labels (default: none)').choices(['chexpert', 'negbio']),
        ),
    open: async (
      { findMimicRoots, readMimicRclipStudies },
      { root, reports, pictures, labeller, uncertain, unmentioned },
    ) => {
      const roots = await findMimicRoots(root, { reports, pictures });
      return {
        folders: [roots.reports, roots.pictures],
        studies: (source) => readMimicRclipStudies(roots, { labeller, uncertain, unmentioned, ...source }),
      };
    },
  },
};

/** Adds `crrg data rsna | nih | openi | chexpert | kermany | mimic`. */
export function addStudySources(data: Command, context: CommandContext): void {
  for (const [name, source] of Object.entries(SOURCES)) {
    const command = data
      .command(name)
      .description(source.description)
      .requiredOption('--root <folder>', 'the folder that holds the data set')
      .requiredOption('--out <file>', 'the file of studies');
    addOutputOptions(source.addOptions?.(command) ?? command).action((options: StudiesCommandOptions) =>
      runSource(name, source, options, context),
    );
  }
}

/** What `crrg data` prints of a file of R-CLIP studies. */
export function formatRclipCard(out: string, { splits, skipped }: RclipDataCard): string {
  const lines = Object.entries(splits).map(
    ([split, { studies, images, withText }]) =>
      `${split}: ${studies} studies, ${images} images, ${withText} with text\n`,
  );
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  const left = reasons.length > 0 ? `left out: ${reasons.join(', ')}\n` : '';
  return `${printable(out)}\n${lines.join('')}${left}`;
}

/** What changes the studies of a source: its folders and options. */
const settingsOf = ({
  root,
  lists,
  reports,
  pictures,
  labeller,
  uncertain,
  unmentioned,
}: StudiesCommandOptions) => ({
  root: path.resolve(root),
  ...{ lists, reports, pictures, labeller, uncertain, unmentioned },
});

async function runSource(
  name: string,
  source: Source,
  options: StudiesCommandOptions,
  { io }: CommandContext,
): Promise<void> {
  const readers = await import('@crrg/datasets/node');
  const { out } = options;
  await claimStudies(out, readers.rclipCardPath(out), 'crrg/rclip-data-card/');
  const { folders, studies } = await source.open(readers, options);
  const line = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const units = readers.createUnitLog();
  try {
    const written = await readers.writeRclipSource(
      studies({ skips: units.skips, units, signal: io.signal }),
      out,
      {
        source: name,
        units,
        settings: { ...settingsOf(options), sizes: await readers.listSizes(folders) },
        onStudy: (count) => line.show(`${count} studies`, count % 10_000 !== 0),
      },
    );
    io.stdout.write(
      options.json ? `${JSON.stringify(written, undefined, 2)}\n` : formatRclipCard(out, written),
    );
  } finally {
    line.clear();
  }
}
