import { CHEXPERT_LABELS, parseLabelStates } from '../chexpert/studies.js';
import { toLabels, type LabelPolicy } from '../chexpert/to-labels.js';
import {
  MIMIC_METADATA_COLUMNS,
  MIMIC_SPLIT_COLUMNS,
  readMimicStudyImages,
  type MimicStudyImages,
} from '../cxr-clip/mimic-studies.js';
import { cxrClipSections } from '../cxr-clip/report-sections.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { presentImages, type SourceOptions } from '../studies/source-options.js';
import { requiredCell } from '../table/csv-row.js';
import { requireFile } from '../table/find-file.js';
import { readCsv } from '../table/read-csv.js';
import { picturePath } from './paths.js';
import { readMimicReport } from './read-report.js';

/** How {@link readMimicRclipStudies} reads. */
export interface MimicSourceOptions extends SourceOptions, LabelPolicy {
  /** The labels of which labeller. @defaultValue none */
  readonly labeller?: 'chexpert' | 'negbio' | undefined;
}

/** Folders of both data sets. */
export interface MimicRoots {
  /** Of MIMIC-CXR. */
  readonly reports: string;
  /** Of MIMIC-CXR-JPG. */
  readonly pictures: string;
}

const tableOf = (name: string) => `mimic-cxr-2.0.0-${name}.csv`;
const SPLITS = { train: 'train', validate: 'valid', test: 'test' } as const;

async function labelsByStudy(
  pictures: string,
  { labeller, signal, ...policy }: MimicSourceOptions,
): Promise<Map<string, RclipStudy['labels']>> {
  const byStudy = new Map<string, RclipStudy['labels']>();
  if (labeller === undefined) return byStudy;
  const columns = ['study_id', ...CHEXPERT_LABELS];
  for await (const row of readCsv(await requireFile(pictures, tableOf(labeller)), { columns, signal }))
    byStudy.set(requiredCell(row, 'study_id'), toLabels(parseLabelStates(row), CHEXPERT_LABELS, policy));
  return byStudy;
}

async function presentFilms(
  { pictures }: MimicRoots,
  { subject, study, images }: MimicStudyImages,
  { skips }: MimicSourceOptions,
) {
  const films: { readonly image: string; readonly view: string | null }[] = [];
  for (const { id, view } of images)
    for (const image of await presentImages(pictures, [picturePath(subject, study, id)], skips))
      films.push({ image, view: view === '' ? null : view });
  return films;
}

/**
 * The studies of MIMIC-CXR with findings and impression as CXR-CLIP takes them, in the official split. Studies without both are left out.
 *
 * Source: docs/reference/datasets.md#building-the-table.
 * @throws {@link DataError} with file and line for a row or report that cannot be used; never with a text of it
 */
export async function* readMimicRclipStudies(
  roots: MimicRoots,
  options: MimicSourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const { skips, units, signal } = options;
  const rows = async (name: string, columns: readonly string[]) =>
    readCsv(await requireFile(roots.pictures, tableOf(name)), { columns, signal });
  const studies = await readMimicStudyImages(
    await rows('metadata', MIMIC_METADATA_COLUMNS),
    await rows('split', MIMIC_SPLIT_COLUMNS),
    () => skips?.add('in no split'),
  );
  const labels = await labelsByStudy(roots.pictures, options);
  for (const each of studies) {
    signal?.throwIfAborted();
    if (units?.enter() === false) continue;
    const { subject, study, split } = each;
    const report = await readMimicReport(roots.reports, subject, study);
    const sections = report === undefined ? undefined : cxrClipSections(report);
    if (sections === undefined) {
      skips?.add(report === undefined ? 'no report file' : 'not both sections');
      continue;
    }
    const films = await presentFilms(roots, each, options);
    const known = labels.get(study);
    if (films.length > 0)
      yield {
        id: study,
        patient: subject,
        split: SPLITS[split],
        images: films.map(({ image }) => image),
        views: films.map(({ view }) => view),
        sections,
        ...(known && Object.keys(known).length > 0 && { labels: known }),
      };
  }
}
