import { join, relative } from 'node:path';
import {
  addToLog,
  cleanPhrases,
  emptyLog,
  formatLog,
  formatRrgHeader,
  formatRrgRow,
  normalizeSectionName,
  parseReportSections,
  referenceReport,
  rrgRowToStudy,
  studyToRrgRow,
  type RrgRow,
  type RrgTable,
  type StudySplit,
} from '@crrg/datasets';
import {
  buildRrgRows,
  computeSplitStatistics,
  parseCsv,
  readMimicReport,
  readRrgCsv,
} from '@crrg/datasets/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, checkText, goldenLines, goldenText } from './checks.js';

const EXPECTED = 'expected/rrg';
const SPLITS: readonly StudySplit[] = ['train', 'valid', 'test'];
const TABLES: readonly RrgTable[] = ['train', 'valid', 'test', 'test-2'];
/** Folders as the reference was given them, relative to the golden folder; its files show them so. */
const PICTURES = 'mimic/mimic-cxr-jpg';
const REPORTS = 'mimic/mimic-cxr';

/** The tables and the log of the reference, built from the files on disk; to the byte. */
async function checkTables(context: ParityContext): Promise<void> {
  const { folder } = context;
  const roots = {
    imagenome: join(folder, 'imagenome'),
    reports: join(folder, REPORTS),
    pictures: join(folder, PICTURES),
  };
  const texts = new Map(TABLES.map((table) => [table, formatRrgHeader(table)]));
  let log = '';
  for (const split of SPLITS) {
    const counts = emptyLog(split);
    for await (const outcome of buildRrgRows({ roots, split })) {
      addToLog(counts, outcome, PICTURES);
      if (outcome.kind !== 'row') continue;
      const row = { ...outcome.row, path: relative(folder, outcome.row.path) };
      texts.set(outcome.table, texts.get(outcome.table)! + formatRrgRow(row, outcome.table));
    }
    log += formatLog(counts);
  }
  for (const [table, text] of texts)
    checkText(context, `${table}.csv`, text, await goldenText(context, `${EXPECTED}/${table}.csv`));
  const expected = await goldenText(context, `${EXPECTED}/log_file_dataset_creation.txt`);
  checkText(context, 'log_file_dataset_creation.txt', log, expected);
}

/** The reference's tables read and written again; as studies they lose the boxes whose corners are not in order, and nothing else. */
async function checkConversion(context: ParityContext): Promise<void> {
  for (const table of TABLES) {
    const rows: RrgRow[] = [];
    for await (const row of readRrgCsv(join(context.folder, EXPECTED, `${table}.csv`))) rows.push(row);
    const written = formatRrgHeader(table) + rows.map((row) => formatRrgRow(row, table)).join('');
    const expected = await goldenText(context, `${EXPECTED}/${table}.csv`);
    checkText(context, `${table}.csv read and written`, written, expected);
    const back = rows.map((row) => studyToRrgRow(rrgRowToStudy(row, { split: 'train' })));
    const ordered = rows.map((row) => ({
      ...row,
      regions: row.regions.map(({ box, ...region }) => ({
        ...region,
        box: box && box.x1 < box.x2 && box.y1 < box.y2 ? box : null,
      })),
    }));
    checkRows(context, `${table}.csv as studies`, back, ordered);
  }
}

/** Our names of counts under the reference's. */
async function checkStatistics(context: ParityContext): Promise<void> {
  const expected = JSON.parse(await goldenText(context, `${EXPECTED}/dataset_stats.json`)) as Readonly<
    Record<StudySplit, unknown>
  >;
  for (const split of SPLITS) {
    const ours = await computeSplitStatistics(join(context.folder, 'imagenome'), split);
    const named = {
      num_images: ours.images,
      num_ignored_images: ours.ignoredImages,
      num_bboxes: ours.boxes,
      num_normal_bboxes: ours.normalBoxes,
      num_abnormal_bboxes: ours.abnormalBoxes,
      num_bboxes_with_phrases: ours.boxesWithPhrases,
      num_outlier_bboxes: ours.outlierBoxes,
      bbox_with_phrases_counter_dict: Object.fromEntries(ours.boxesWithPhrasesByRegion),
      outlier_bbox_counter_dict: Object.fromEntries(ours.outlierBoxesByName),
    };
    checkRows(context, `dataset_stats.json, ${split}`, [named], [expected[split]]);
  }
}

interface ExpectedSections {
  readonly report: string;
  readonly sections: unknown;
}

async function checkSections(context: ParityContext): Promise<void> {
  const expected = await goldenLines<ExpectedSections>(context, `${EXPECTED}/sections.jsonl`);
  const ours: unknown[] = [];
  for (const { report } of expected) {
    const [, subject, study] = /p(\d+)\/s(\d+)\.txt$/.exec(report) as unknown as [string, string, string];
    const text = await readMimicReport(join(context.folder, REPORTS), subject, study);
    ours.push(parseReportSections(text!));
  }
  checkRows(
    context,
    'sections.jsonl',
    ours,
    expected.map(({ sections }) => sections),
  );
  const names = parseCsv(await goldenText(context, `${EXPECTED}/section_names.csv`), 'section_names.csv');
  checkRows(
    context,
    'section_names.csv',
    names.map(({ cells }) => normalizeSectionName(cells[0]!)),
    names.map(({ cells }) => cells[1]),
  );
}

interface ExpectedReport {
  readonly subject_id: string;
  readonly study_id: string;
  readonly outcome: string;
  readonly reference_report: string | null;
}

async function checkReports(context: ParityContext): Promise<void> {
  const expected = await goldenLines<ExpectedReport>(context, `${EXPECTED}/reference_reports.jsonl`);
  const ours: ExpectedReport[] = [];
  for (const { subject_id, study_id } of expected) {
    const report = await readMimicReport(join(context.folder, REPORTS), subject_id, study_id);
    const { outcome, text } = referenceReport(study_id, report);
    ours.push({ subject_id, study_id, outcome, reference_report: text });
  }
  checkRows(context, 'reference_reports.jsonl', ours, expected);
}

interface ExpectedPhrases {
  readonly phrases: readonly string[];
  /** null where the reference dies. */
  readonly cleaned: string | null;
  readonly cleanedMended?: string;
}

/** Text that the reference repeats by a fault, which the mended mode does not copy. */
const isRepeated = ({ phrases }: ExpectedPhrases) => /WET READ.*[AP]M.*WET READ$/s.test(phrases.join(' '));

async function checkPhrases(context: ParityContext): Promise<void> {
  const expected = await goldenLines<ExpectedPhrases>(context, `${EXPECTED}/phrases.jsonl`);
  checkRows(
    context,
    'phrases.jsonl, strict',
    expected.map(({ phrases }) => cleanPhrases(phrases)),
    expected.map(({ cleaned }) => cleaned ?? ''),
  );
  const mendable = expected.filter((each) => !isRepeated(each));
  checkRows(
    context,
    'phrases.jsonl, mended',
    mendable.map(({ phrases }) => cleanPhrases(phrases, { mode: 'mended' })),
    mendable.map(({ cleaned, cleanedMended }) => cleanedMended ?? cleaned ?? ''),
  );
}

/** RGRG's dataset builder on made-up trees of MIMIC-CXR and Chest ImaGenome. */
export async function checkRrg(context: ParityContext): Promise<void> {
  await checkTables(context);
  await checkConversion(context);
  await checkStatistics(context);
  await checkSections(context);
  await checkReports(context);
  await checkPhrases(context);
}
