import { DataError } from '@crrg/core';
import { choiceCell, optionalCell, requiredCell, type Rows } from '../table/csv-row.js';
import { cxrClipSections } from './report-sections.js';
import type { CxrClipRow } from './row.js';

/** Columns of `mimic-cxr-2.0.0-metadata.csv` that readers need. */
export const MIMIC_METADATA_COLUMNS = ['dicom_id', 'subject_id', 'study_id', 'ViewPosition'] as const;
/** Columns of `mimic-cxr-2.0.0-split.csv`. */
export const MIMIC_SPLIT_COLUMNS = ['dicom_id', 'study_id', 'subject_id', 'split'] as const;

/** The official splits of MIMIC-CXR. */
export type MimicSplit = 'train' | 'validate' | 'test';

interface Image {
  readonly id: string;
  readonly view: string;
}

/** A study of MIMIC-CXR before its report is read. */
export interface MimicStudyImages {
  readonly subject: string;
  readonly study: string;
  readonly split: MimicSplit;
  /** By id. */
  readonly images: readonly Image[];
}

const inOrder = (a: string, b: string) => (a < b ? -1 : Number(a > b));

async function readSplits(rows: Rows): Promise<Map<string, MimicSplit>> {
  const splits = new Map<string, MimicSplit>();
  for await (const row of rows) {
    const study = requiredCell(row, 'study_id');
    const split = choiceCell(row, 'split', ['train', 'validate', 'test']);
    if ((splits.get(study) ?? split) !== split)
      throw new DataError(`${row.where}: expected a study in one split, got a second; check the file.`);
    splits.set(study, split);
  }
  return splits;
}

/**
 * The studies that the metadata and the list of splits both name, by subject and study, the images of each by id. Only what is needed of each row is
 * held, about 200 bytes an image.
 *
 * Source: docs/reference/datasets.md#building-the-table.
 * @param onSkip hears of each study without a split
 * @throws {@link DataError} for a study with two subjects or splits, or an image listed twice
 */
export async function readMimicStudyImages(
  metadata: Rows,
  splitRows: Rows,
  onSkip: (study: string) => void = () => undefined,
): Promise<MimicStudyImages[]> {
  const splits = await readSplits(splitRows);
  const studies = new Map<string, { readonly subject: string; readonly images: Image[] }>();
  const seen = new Set<string>();
  for await (const row of metadata) {
    const [id, subject, study] = ['dicom_id', 'subject_id', 'study_id'].map((name) =>
      requiredCell(row, name),
    ) as [string, string, string];
    const known = studies.get(study) ?? { subject, images: [] };
    if (known.subject !== subject)
      throw new DataError(`${row.where}: expected a study of one subject, got a second; check the file.`);
    if (seen.has(id))
      throw new DataError(`${row.where}: expected each image once, got one again; remove one row.`);
    seen.add(id);
    known.images.push({ id, view: optionalCell(row, 'ViewPosition').trim() });
    studies.set(study, known);
  }
  return [...studies]
    .flatMap(([study, { subject, images }]) => {
      const split = splits.get(study);
      if (split === undefined) onSkip(study);
      return split === undefined
        ? []
        : [{ subject, study, split, images: images.sort((a, b) => inOrder(a.id, b.id)) }];
    })
    .sort((a, b) => inOrder(a.subject, b.subject) || inOrder(a.study, b.study));
}

/** Views with a column of their own, by their name in the metadata. */
const COLUMN_OF: Readonly<Record<string, string>> = { AP: 'AP', PA: 'PA', LATERAL: 'Lateral' };

/** The row of a study; views without a column (LL) and unknown ones stand in `images` alone. */
export function cxrClipRowOf(
  { images }: MimicStudyImages,
  sections: readonly string[],
  pathOf: (id: string) => string,
): CxrClipRow {
  const byView = new Map<string, string[]>();
  for (const { id, view } of images) {
    const column = Object.hasOwn(COLUMN_OF, view) ? COLUMN_OF[view]! : undefined;
    if (column === undefined) continue;
    byView.set(column, [...(byView.get(column) ?? []), pathOf(id)]);
  }
  return {
    images: images.map(({ id }) => pathOf(id)),
    views: [...byView.keys()],
    byView,
    sections,
    augmented: undefined,
    labels: undefined,
  };
}

/** Why a study has no row. */
export type MimicDropReason = 'no report file' | 'not both sections';

/** A study with its row, or why there is none. */
export type MimicStudyRow = Pick<MimicStudyImages, 'subject' | 'study' | 'split'> &
  ({ readonly row: CxrClipRow } | { readonly dropped: MimicDropReason });

/** What {@link buildCxrClipRows} needs to know of the folders. */
export interface MimicFolders {
  /** The text of a report; undefined where there is no file. */
  readonly readReport: (subject: string, study: string) => Promise<string | undefined>;
  /** Path of a JPEG file; whether it is there is not looked at. */
  readonly pathOf: (subject: string, study: string, image: string) => string;
}

/** The row of each study, one after the other: reports are read as they are asked for. */
export async function* buildCxrClipRows(
  studies: Iterable<MimicStudyImages>,
  folders: MimicFolders,
): AsyncGenerator<MimicStudyRow> {
  for (const each of studies) {
    const { subject, study, split } = each;
    const report = await folders.readReport(subject, study);
    const sections = report === undefined ? undefined : cxrClipSections(report);
    if (sections)
      yield {
        subject,
        study,
        split,
        row: cxrClipRowOf(each, sections, (id) => folders.pathOf(subject, study, id)),
      };
    else
      yield { subject, study, split, dropped: report === undefined ? 'no report file' : 'not both sections' };
  }
}
