import type { RegionAnnotation, StudySplit } from '../region-study.js';

/** The tables of RGRG: `test-2` holds the test images that lack a box. */
export type RrgTable = 'train' | 'valid' | 'test' | 'test-2';

export const RRG_TABLES: readonly RrgTable[] = ['train', 'valid', 'test', 'test-2'];

/** The split whose images a table holds. */
export const splitOfTable = (table: RrgTable): StudySplit => (table === 'test-2' ? 'test' : table);

/** One film: a row of RGRG's CSV files. */
export interface RrgRow {
  readonly subject: string;
  readonly study: string;
  readonly image: string;
  /** Path of the JPEG. */
  readonly path: string;
  /** The 29 regions in their order. A box may have x1 > x2 or y1 > y2, as in the reference's files. */
  readonly regions: readonly RegionAnnotation[];
  /** null in `train`, which has no such column. */
  readonly referenceReport: string | null;
}

/** `os.path.join` of a folder and a relative path. */
export const joinPath = (folder: string, path: string): string =>
  folder === '' || folder.endsWith('/') ? folder + path : `${folder}/${path}`;

/**
 * The table that an image of a split goes to: train takes all, valid those with all 29 boxes, test puts the others into `test-2`; undefined
 * where it goes nowhere.
 *
 * Source: docs/reference/datasets.md#rows-and-columns.
 */
export function tableOfImage(split: StudySplit, regions: readonly RegionAnnotation[]): RrgTable | undefined {
  const isComplete = regions.every(({ box }) => box !== null);
  if (split === 'train' || isComplete) return split;
  return split === 'test' ? 'test-2' : undefined;
}
