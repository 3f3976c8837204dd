import type { StudySplit } from '../region-study.js';
import { shortReportPath } from '../mimic/paths.js';
import type { ImageOutcome, ListedImage, SkipReason } from './outcomes.js';
import { joinPath } from '../rrg/row.js';

/** What RGRG's `create_dataset.py` counts while it writes the tables of a split. */
export interface SplitLog {
  readonly split: StudySplit;
  ignoredOrAvoided: number;
  readonly missingPictures: string[];
  readonly missingReports: string[];
  /** Missing boxes count too. */
  faultyBoxes: number;
  imagesWithoutAllRegions: number;
}

export const emptyLog = (split: StudySplit): SplitLog => ({
  split,
  ignoredOrAvoided: 0,
  missingPictures: [],
  missingReports: [],
  faultyBoxes: 0,
  imagesWithoutAllRegions: 0,
});

function addSkipped(log: SplitLog, listed: ListedImage, reason: SkipReason, picturesRoot: string): void {
  if (reason === 'ignored image' || reason === 'image to avoid') log.ignoredOrAvoided += 1;
  if (reason === 'no picture') log.missingPictures.push(joinPath(picturesRoot, listed.path));
  if (reason === 'no report file') log.missingReports.push(shortReportPath(listed.subject, listed.study));
}

/** Adds what became of an image to the counts of its split. @param picturesRoot folder of MIMIC-CXR-JPG, as the log shows it */
export function addToLog(log: SplitLog, outcome: ImageOutcome, picturesRoot: string): void {
  if (outcome.kind === 'skipped') addSkipped(log, outcome.listed, outcome.reason, picturesRoot);
  const without =
    outcome.kind === 'row'
      ? outcome.row.regions.filter(({ box }) => box === null).length
      : (outcome.regionsWithoutBox ?? 0);
  log.faultyBoxes += without;
  if (without > 0) log.imagesWithoutAllRegions += 1;
}

/** The log of a split as `log_file_dataset_creation.txt` holds it. */
export function formatLog(log: SplitLog): string {
  return [
    `${log.split}:`,
    `\tnum_images_ignored_or_avoided: ${log.ignoredOrAvoided}`,
    `\tnum_missing_images: ${log.missingPictures.length}`,
    ...log.missingPictures.map((picture) => `\t\tmissing_img: ${picture}`),
    `\tnum_missing_reports: ${log.missingReports.length}`,
    ...log.missingReports.map((report) => `\t\tmissing_rep: ${report}`),
    `\tnum_faulty_bboxes: ${log.faultyBoxes}`,
    `\tnum_images_without_29_regions: ${log.imagesWithoutAllRegions}`,
    '',
    '',
  ].join('\n');
}
