import type { NoReferenceReport } from '../mimic/reference-report.js';
import type { RrgRow, RrgTable } from '../rrg/row.js';
import type { StudySplit } from '../region-study.js';

/** Why an image of a split list becomes no row. */
export type SkipReason =
  | 'ignored image'
  | 'image to avoid'
  | 'no picture'
  | 'unreadable picture'
  | NoReferenceReport
  | 'unreadable report'
  | 'no scene graph'
  | 'unreadable scene graph'
  | 'region without box';

/** A row of a split list. */
export interface ListedImage {
  readonly split: StudySplit;
  /** `FILE: line 3`, for messages. */
  readonly where: string;
  readonly subject: string;
  readonly study: string;
  readonly image: string;
  /** Path of the JPEG below the root of MIMIC-CXR-JPG. */
  readonly path: string;
  /** `AP`, `PA` or as the list has it; null where it does not tell. Nothing is skipped for its view. */
  readonly view: string | null;
}

/** What became of a listed image. */
export type ImageOutcome =
  | { readonly kind: 'row'; readonly listed: ListedImage; readonly table: RrgTable; readonly row: RrgRow }
  | {
      readonly kind: 'skipped';
      readonly listed: ListedImage;
      readonly reason: SkipReason;
      /** Regions without a usable box, where they were looked at. */
      readonly regionsWithoutBox?: number | undefined;
      /** What went wrong, where a file cannot be read. Holds no text of it. */
      readonly problem?: string | undefined;
    };
