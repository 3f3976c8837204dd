import type { StudySplit } from '../region-study.js';
import { requireFile } from '../table/find-file.js';

/** The splits, in the order of their lists. */
export const RSNA_SPLITS = ['train', 'valid', 'test'] as const;

/**
 * The published lists of a folder: `train.csv`, `valid.csv` and `test.csv`, or the same with `rsna_` in front, each with a column `patientId`.
 * @throws {@link DataError} where one is missing
 */
export async function findRsnaLists(folder: string): Promise<Record<StudySplit, string>> {
  const file = (split: StudySplit) => requireFile(folder, `${split}.csv`, `rsna_${split}.csv`);
  return { train: await file('train'), valid: await file('valid'), test: await file('test') };
}
