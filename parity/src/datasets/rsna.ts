import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  formatRsnaTable,
  parseClassificationRow,
  readRsnaPatients,
  RSNA_CLASS_COLUMNS,
  RSNA_LABEL_COLUMNS,
  splitRsna,
  toRsnaPicture,
  type RsnaSplit,
} from '@crrg/datasets';
import { parseCsv, readCsv } from '@crrg/datasets/node';
import { decodeRadiograph } from '@crrg/image/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, checkText, goldenLines, goldenText } from './checks.js';

const SPLITS = ['train', 'valid', 'test'] as const;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

interface ExpectedNumbers {
  readonly count: number;
  readonly first: readonly number[];
  readonly sha256: string;
}

type ExpectedSplit = { readonly n: number } & Readonly<Record<keyof RsnaSplit, ExpectedNumbers>>;

async function checkSplitNumbers(context: ParityContext): Promise<void> {
  const expected = JSON.parse(
    await goldenText(context, 'expected/rsna/split_numbers.json'),
  ) as ExpectedSplit[];
  const ours = expected.map(({ n }) => {
    const split = splitRsna(n);
    const numbers = (name: keyof RsnaSplit): ExpectedNumbers => ({
      count: split[name].length,
      first: [...split[name].subarray(0, 12)],
      sha256: sha256(split[name].join(',')),
    });
    return { n, train: numbers('train'), valid: numbers('valid'), test: numbers('test') };
  });
  checkRows(context, 'split_numbers.json', ours, expected);
}

async function checkTables(context: ParityContext): Promise<void> {
  const folder = join(context.folder, 'rsna');
  const patients = await readRsnaPatients(
    readCsv(join(folder, 'stage_2_train_labels.csv'), { columns: RSNA_LABEL_COLUMNS }),
    readCsv(join(folder, 'stage_2_detailed_class_info.csv'), { columns: RSNA_CLASS_COLUMNS }),
  );
  const split = splitRsna(patients.length);
  for (const name of SPLITS) {
    const table = formatRsnaTable(patients, split[name], (patient) => `rsna/jpeg/${patient}.jpg`);
    const file = `rsna_${name}.csv`;
    const expected = await goldenText(context, `expected/rsna/${file}`);
    checkText(context, `${file} to the byte`, table, expected);
    const records = parseCsv(expected, file).map((row, index) => {
      const { image, labels, classes } = parseClassificationRow(row);
      return { row: index, image, label: labels, label_name: classes };
    });
    const theirs = await goldenLines(context, `expected/rsna/rsna_${name}.records.jsonl`);
    checkRows(context, `rsna_${name}.records.jsonl`, records, theirs);
  }
}

interface ExpectedPicture {
  readonly patientId: string;
  readonly width: number;
  readonly height: number;
  readonly mean: number;
  readonly every32: readonly (readonly number[])[];
  readonly sha256: string;
}

async function checkPictures(context: ParityContext): Promise<void> {
  const expected = await goldenLines<ExpectedPicture>(context, 'expected/rsna/pictures.jsonl');
  let [largest, largestMean, numSame, numSizes] = [0, 0, 0, 0];
  for (const { patientId, width, height, mean, every32, sha256: sum } of expected) {
    const file = join(context.folder, 'rsna/stage_2_train_images', `${patientId}.dcm`);
    const { image, dicom } = await decodeRadiograph(file);
    const picture = toRsnaPicture(image, dicom?.range.kind === 'span' ? dicom.range : undefined);
    if (picture.width !== width || picture.height !== height) numSizes += 1;
    let total = 0;
    for (const value of picture.data) total += value;
    largestMean = Math.max(largestMean, Math.abs(total / picture.data.length - mean));
    for (const [y, row] of every32.entries())
      for (const [x, value] of row.entries())
        largest = Math.max(largest, Math.abs(picture.data[32 * (y * picture.width + x)]! - value));
    if (sha256(picture.data as Uint8Array) === sum) numSame += 1;
  }
  context.report(`pictures.jsonl sizes, ${expected.length} pictures`, numSizes, 0);
  context.report(
    'pictures.jsonl pixels',
    largest,
    2,
    `${numSame} of ${expected.length} equal to the last pixel`,
  );
  context.report('pictures.jsonl means', largestMean, 0.5);
}

export async function checkRsna(context: ParityContext): Promise<void> {
  await checkSplitNumbers(context);
  await checkTables(context);
  await checkPictures(context);
}
