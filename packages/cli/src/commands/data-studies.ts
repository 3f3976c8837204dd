import { readFile } from 'node:fs/promises';
import type { LabelPolicy, RclipStudy } from '@crrg/datasets';
import type * as datasets from '@crrg/datasets/node';
import type { RclipDataCard, SourceOptions } from '@crrg/datasets/node';
import { Option, type Command } from 'commander';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { createClaims, type OutputKind } from '../output/claims.js';

interface StudiesCommandOptions extends LabelPolicy {
  readonly root: string;
  readonly out: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

type Readers = typeof datasets;
type Read = (
  readers: Readers,
  options: StudiesCommandOptions,
  source: SourceOptions,
) => AsyncIterable<RclipStudy>;

interface Source {
  readonly description: string;
  readonly read: Read;
}

const SOURCES: Readonly<Record<string, Source>> = {
  rsna: {
    description: 'R-CLIP studies from RSNA pneumonia (stage_2_train_labels.csv, stage_2_train_images)',
    read: ({ readRsnaStudies }, { root }, source) => readRsnaStudies(root, source),
  },
  nih: {
    description: 'R-CLIP studies from NIH ChestX-ray14 (Data_Entry_2017_v2020.csv, both lists, images)',
    read: ({ readNihStudies }, { root }, source) => readNihStudies(root, source),
  },
  openi: {
    description: 'R-CLIP studies from Open-i (ecgen-radiology, indiana_projections.csv, images)',
    read: ({ readOpeniStudies }, { root }, source) => readOpeniStudies(root, source),
  },
  chexpert: {
    description: 'R-CLIP studies from CheXpert (CheXpert-v1.0, chexpert_5x200.csv)',
    read: ({ readChexpertRclipStudies }, { root, uncertain, unmentioned }, source) =>
      readChexpertRclipStudies(root, { uncertain, unmentioned, ...source }),
  },
  kermany: {
    description: 'R-CLIP studies from the folders of Kermany (train, val, test)',
    read: ({ readKermanyStudies }, { root }, source) => readKermanyStudies(root, source),
  },
};

/** Adds `crrg data rsna | nih | openi | chexpert | kermany`. */
export function addStudySources(data: Command, context: CommandContext): void {
  for (const [name, { description, read }] of Object.entries(SOURCES)) {
    const command = data
      .command(name)
      .description(description)
      .requiredOption('--root <folder>', 'the folder that holds the data set')
      .requiredOption('--out <file>', 'the file of studies')
      .option('--json', 'print the data card')
      .option('--quiet', 'only errors on stderr')
      .option('--progress', 'progress also where stderr is no terminal');
    if (name === 'chexpert')
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
    command.action((options: StudiesCommandOptions) => runSource(name, read, options, context));
  }
}

const isCard = (file: string) =>
  readFile(file, 'utf8').then((text) =>
    String((JSON.parse(text) as Partial<RclipDataCard>).schema).startsWith('crrg/rclip-data-card/'),
  );

/** A file of studies is ours where a data card of ours is beside it. */
const kindOf = (card: string): OutputKind => ({
  name: 'studies of crrg data',
  isOurs: () => isCard(card),
  isStream: false,
});

function formatCard(out: string, { splits, skipped }: RclipDataCard): string {
  const lines = Object.entries(splits).map(
    ([split, { studies, images, withText }]) =>
      `${split}: ${studies} studies, ${images} images, ${withText} with text\n`,
  );
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  const left = reasons.length > 0 ? `left out: ${reasons.join(', ')}\n` : '';
  return `${printable(out)}\n${lines.join('')}${left}`;
}

async function runSource(
  name: string,
  read: Read,
  options: StudiesCommandOptions,
  { io }: CommandContext,
): Promise<void> {
  const readers = await import('@crrg/datasets/node');
  const { out } = options;
  const card = readers.rclipCardPath(out);
  const claims = await createClaims([]);
  await claims.claim({ option: '--out', file: out, kind: kindOf(card) });
  await claims.claim({ option: '--out', file: card, kind: kindOf(card), owner: 'the data card' });
  const line = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const skips = readers.createSkipCounts();
  try {
    const written = await readers.writeRclipStudies(
      read(readers, options, { skips, signal: io.signal }),
      out,
      {
        source: name,
        skips,
        onStudy: (count) => line.show(`${count} studies`, count % 10_000 !== 0),
      },
    );
    io.stdout.write(options.json ? `${JSON.stringify(written, undefined, 2)}\n` : formatCard(out, written));
  } finally {
    line.clear();
  }
}
