import { open } from 'node:fs/promises';
import path from 'node:path';
import type { RegionStudy, SkipCounts, StudySplit } from '@crrg/datasets';
import type { DataCard, RrgTableCounts } from '@crrg/datasets/node';
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { createClaims } from '../output/claims.js';
import { addOutputOptions, claimStudies, type DataOutputOptions } from './data-output.js';
import { formatRclipCard } from './data-studies.js';

interface CocoCommandOptions extends DataOutputOptions, Partial<Record<StudySplit, string>> {
  readonly root: string;
  readonly regions?: boolean;
}

interface CsvCommandOptions extends Omit<DataOutputOptions, 'out'> {
  readonly root?: string;
  readonly out?: string;
  readonly studies?: string;
  readonly toCsv?: string;
}

const CSV_EXAMPLES = `
The tables are train.csv, valid.csv, test.csv and test-2.csv, those that are there; list cells are Python literals.

Examples:
  crrg data csv --root dataset-with-reference-reports --out studies.jsonl
  crrg data csv --studies studies.jsonl --to-csv dataset`;

/** Adds `crrg data coco` and `crrg data csv`. */
export function addRegionSources(data: Command, context: CommandContext): void {
  addOutputOptions(
    data
      .command('coco')
      .description('R-CLIP studies from COCO boxes, a label a category; or region studies')
      .requiredOption('--root <folder>', 'the folder that the names of the pictures begin at')
      .requiredOption('--out <file>', 'the file of studies')
      .option('--train <file>', 'annotations for training')
      .option('--valid <file>', 'annotations for validation')
      .option('--test <file>', 'annotations for testing')
      .option('--regions', 'region studies: boxes of categories named like one of the 29 regions'),
  ).action((options: CocoCommandOptions) => runCoco(options, context));
  addOutputOptions(
    data
      .command('csv')
      .description("region studies from RGRG's tables, and back")
      .option('--root <folder>', 'the folder of the tables')
      .option('--out <file>', 'the file of studies')
      .option('--studies <file>', 'region studies, to be written as tables')
      .option('--to-csv <folder>', 'the folder that gets the tables'),
  )
    .addHelpText('after', CSV_EXAMPLES)
    .action((options: CsvCommandOptions) => runCsv(options, context));
}

function formatCard(out: string, { splits, skipped = {} }: DataCard): string {
  const lines = Object.entries(splits).map(
    ([split, { studies, boxes, regionsWithText }]) =>
      `${split}: ${studies} studies, ${boxes} boxes, ${regionsWithText} regions with text\n`,
  );
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  const left = reasons.length > 0 ? `left out: ${reasons.join(', ')}\n` : '';
  return `${printable(out)}\n${lines.join('')}${left}`;
}

/** Writes region studies with progress, and prints their card. */
async function writeRegions(
  studies: (skips: SkipCounts) => AsyncIterable<RegionStudy>,
  source: string,
  { out, json, quiet, progress }: DataOutputOptions,
  { io }: CommandContext,
): Promise<void> {
  const { createSkipCounts, writeRegionStudies } = await import('@crrg/datasets/node');
  const line = createProgressLine(io.stderr, { isQuiet: quiet, isForced: progress });
  const skips = createSkipCounts();
  try {
    const card = await writeRegionStudies(studies(skips), out, {
      source,
      skips,
      onStudy: (count) => line.show(`${count} studies`, count % 10_000 !== 0),
    });
    line.clear();
    io.stdout.write(json ? `${JSON.stringify(card, undefined, 2)}\n` : formatCard(out, card));
  } finally {
    line.clear();
  }
}

async function runCoco(options: CocoCommandOptions, context: CommandContext): Promise<void> {
  const { root, out, train, valid, test } = options;
  const given = Object.entries({ train, valid, test }).filter(([, file]) => file !== undefined);
  if (given.length === 0)
    throw new UsageError('data coco: expected --train, --valid or --test, got none; name the annotations.');
  const readers = await import('@crrg/datasets/node');
  const source = { files: Object.fromEntries(given) as Record<StudySplit, string>, images: root };
  const inputs = given.map(([, file]) => file!);
  const { signal } = context.io;
  if (options.regions) {
    await claimStudies(out, readers.cardPath(out), 'crrg/data-card/', inputs);
    return writeRegions(
      (skips) => readers.readCocoRegionStudies(source, { skips, signal }),
      'coco',
      options,
      context,
    );
  }
  await claimStudies(out, readers.rclipCardPath(out), 'crrg/rclip-data-card/', inputs);
  const units = readers.createUnitLog();
  const studies = readers.readCocoStudies(source, { skips: units.skips, units, signal });
  const sizes = await readers.listSizes(inputs.map((file) => path.dirname(file)));
  const settings = { root: path.resolve(root), train, valid, test, sizes };
  const card = await readers.writeRclipSource(studies, out, { source: 'coco', units, settings });
  context.io.stdout.write(
    options.json ? `${JSON.stringify(card, undefined, 2)}\n` : formatRclipCard(out, card),
  );
}

async function runCsv(options: CsvCommandOptions, context: CommandContext): Promise<void> {
  const { root, out, studies, toCsv } = options;
  if (root !== undefined && out !== undefined && studies === undefined && toCsv === undefined) {
    const readers = await import('@crrg/datasets/node');
    await claimStudies(out, readers.cardPath(out), 'crrg/data-card/');
    const { signal } = context.io;
    return writeRegions(
      (skips) => readers.readRrgTables(root, { skips, signal }),
      "RGRG's tables",
      { ...options, out },
      context,
    );
  }
  if (studies !== undefined && toCsv !== undefined && root === undefined && out === undefined)
    return writeTables(studies, toCsv, options, context);
  throw new UsageError(
    'data csv: expected --root and --out, or --studies and --to-csv; name where the studies come from and go to.',
  );
}

/** Whether a file begins with these characters. */
async function beginsWith(file: string, start: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(start.length), 0, start.length, 0);
    return buffer.toString() === start;
  } finally {
    await handle.close();
  }
}

async function writeTables(
  studies: string,
  folder: string,
  { json }: CsvCommandOptions,
  { io }: CommandContext,
): Promise<void> {
  const { formatRrgHeader, RRG_TABLES, rrgTablePath, writeRrgTables } = await import('@crrg/datasets/node');
  const claims = await createClaims([studies]);
  const start = formatRrgHeader('train').trimEnd();
  for (const table of RRG_TABLES) {
    const file = rrgTablePath(folder, table);
    const kind = { name: 'a table of RGRG', isOurs: () => beginsWith(file, start), isStream: false };
    await claims.claim({ option: '--to-csv', file, kind, owner: `${table}.csv` });
  }
  const counts: RrgTableCounts = await writeRrgTables(studies, folder, { signal: io.signal });
  if (json)
    io.stdout.write(`${JSON.stringify({ schema: 'crrg/rrg-tables/1', rows: counts }, undefined, 2)}\n`);
  else {
    const lines = RRG_TABLES.map((table) => `${table}.csv: ${counts[table]} rows\n`);
    const none = counts.none > 0 ? `left out: ${counts.none} validation films that lack a box\n` : '';
    io.stdout.write(`${printable(folder)}\n${lines.join('')}${none}`);
  }
}
