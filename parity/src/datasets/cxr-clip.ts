import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  buildCxrClipRows,
  formatCxrClipTable,
  imagePairGroups,
  MIMIC_METADATA_COLUMNS,
  MIMIC_SPLIT_COLUMNS,
  parseCxrClipRow,
  parseEvaluationRecord,
  readMimicStudyImages,
  sampleFraction,
  textPairs,
  type CxrClipRow,
  type MimicFolders,
  type MimicSplit,
} from '@crrg/datasets';
import { parseCsv, readCsv, requireFile } from '@crrg/datasets/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, checkSets, goldenLines, goldenText } from './checks.js';
import { plainRow } from './plain-row.js';

const FOLDER = 'expected/cxrclip';
const SPLITS = { train: 'train', validate: 'valid', test: 'test' } as const;

const readTable = async (context: ParityContext, file: string) =>
  parseCsv(await goldenText(context, `${FOLDER}/${file}`), file);

const folderOf = (subject: string, study: string) => `p${subject.slice(0, 2)}/p${subject}/s${study}`;

function foldersOf(root: string): MimicFolders {
  return {
    readReport: async (subject, study) => {
      const file = join(root, 'mimic/mimic-cxr/files', `${folderOf(subject, study)}.txt`);
      return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    pathOf: (subject, study, image) => `mimic/mimic-cxr-jpg/files/${folderOf(subject, study)}/${image}.jpg`,
  };
}

async function checkTables(context: ParityContext): Promise<void> {
  const root = join(context.folder, 'mimic/mimic-cxr-jpg');
  const studies = await readMimicStudyImages(
    readCsv(await requireFile(root, 'mimic-cxr-2.0.0-metadata.csv'), { columns: MIMIC_METADATA_COLUMNS }),
    readCsv(await requireFile(root, 'mimic-cxr-2.0.0-split.csv'), { columns: MIMIC_SPLIT_COLUMNS }),
  );
  const rows: Record<MimicSplit, CxrClipRow[]> = { train: [], validate: [], test: [] };
  const dropped: unknown[] = [];
  for await (const each of buildCxrClipRows(studies, foldersOf(context.folder))) {
    const { subject, study, split } = each;
    if ('row' in each) rows[split].push(each.row);
    else dropped.push({ subject_id: subject, study_id: study, split, why: each.dropped });
  }
  for (const [split, name] of Object.entries(SPLITS) as [MimicSplit, string][]) {
    const ours = parseCsv(formatCxrClipTable(rows[split]), 'ours').map(parseCxrClipRow);
    const theirs = (await readTable(context, `mimic_${name}.csv`)).map(parseCxrClipRow);
    checkRows(context, `mimic_${name}.csv`, ours.map(plainRow), theirs.map(plainRow));
  }
  checkRows(
    context,
    'mimic_dropped.jsonl',
    dropped,
    await goldenLines(context, `${FOLDER}/mimic_dropped.jsonl`),
  );
}

interface Outcome {
  readonly row: number;
  readonly image_pairs: readonly (readonly string[])[];
  readonly text_pairs: readonly (readonly string[])[];
}

async function checkOutcomes(context: ParityContext, name: string): Promise<void> {
  const rows = (await readTable(context, `${name}.csv`)).map(parseCxrClipRow);
  const expected = await goldenLines<Outcome>(context, `${FOLDER}/${name}.outcomes.jsonl`);
  const isTraining = name.includes('train');
  const ours = expected.flatMap(({ row }) => {
    const study = rows[row]!;
    const images = imagePairGroups(study, { isTraining, threeViews: 'reference' }).flat();
    return [
      ...images.map((pair) => ({ row, images: pair })),
      ...textPairs(study).map((pair) => ({ row, texts: pair })),
    ];
  });
  const theirs = expected.flatMap(({ row, image_pairs, text_pairs }) => [
    ...image_pairs.map((pair) => ({ row, images: pair })),
    ...text_pairs.map((pair) => ({ row, texts: pair })),
  ]);
  checkSets(context, `${name}.outcomes.jsonl`, ours, theirs);
}

async function checkFractions(context: ParityContext): Promise<void> {
  const expected = JSON.parse(await goldenText(context, `${FOLDER}/fractions.json`)) as Record<
    string,
    number[]
  >;
  const ours: Record<string, number[]> = {};
  for (const key of Object.keys(expected)) {
    const [file, share] = key.split(' ') as [string, string];
    const count = parseCsv(await goldenText(context, file), file).length;
    ours[key] = [...sampleFraction(count, Number(share))];
  }
  checkRows(context, 'fractions.json', Object.entries(ours), Object.entries(expected));
}

export async function checkCxrClip(context: ParityContext): Promise<void> {
  await checkTables(context);
  for (const name of ['mimic_train', 'mimic_valid', 'mimic_train_augmented', 'mimic_valid_one_section'])
    await checkOutcomes(context, name);
  const records = (await readTable(context, 'mimic_test.csv')).map((row, index) => ({
    row: index,
    ...parseEvaluationRecord(row, true),
  }));
  checkRows(
    context,
    'mimic_test.records.jsonl',
    records,
    await goldenLines(context, `${FOLDER}/mimic_test.records.jsonl`),
  );
  await checkFractions(context);
}
