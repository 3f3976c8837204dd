import { DataError } from '@crrg/core';
import type { StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { presentImages, type SourceOptions } from '../studies/source-options.js';
import { requiredCell } from '../table/csv-row.js';
import { findFile, requireFile } from '../table/find-file.js';
import { readCsv } from '../table/read-csv.js';
import { RSNA_CLASS_COLUMNS, RSNA_LABEL_COLUMNS, readRsnaPatients } from './patients.js';
import { RSNA_SPLITS as SPLITS } from './lists.js';
import { splitRsna } from './split.js';

/** How {@link readRsnaStudies} reads. */
export interface RsnaSourceOptions extends SourceOptions {
  /** CSV files with a column `patientId` for each split, such as the paper's. @defaultValue 70/15/15 as CXR-CLIP draws them */
  readonly lists?: Readonly<Record<StudySplit, string>> | undefined;
}

async function readLists(lists: Readonly<Record<StudySplit, string>>, signal: AbortSignal | undefined) {
  const splits = new Map<string, StudySplit>();
  for (const split of SPLITS)
    for await (const row of readCsv(lists[split], { columns: ['patientId'], signal })) {
      const patient = requiredCell(row, 'patientId');
      if (splits.has(patient))
        throw new DataError(`${row.where}: expected each patient once, got one again; correct the lists.`);
      splits.set(patient, split);
    }
  return splits;
}

function drawnSplits(ids: readonly string[]): Map<string, StudySplit> {
  const split = splitRsna(ids.length);
  return new Map(SPLITS.flatMap((name) => [...split[name]].map((number) => [ids[number]!, name] as const)));
}

/**
 * The films of the RSNA pneumonia challenge as studies with the label `Pneumonia`, by patient.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia.
 * @param root the folder with `stage_2_train_labels.csv` and `stage_2_train_images`
 * @throws {@link DataError} with file and line for a row that cannot be used
 */
export async function* readRsnaStudies(
  root: string,
  { lists, skips, units, signal }: RsnaSourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const classes = await findFile(root, 'stage_2_detailed_class_info.csv');
  const patients = await readRsnaPatients(
    readCsv(await requireFile(root, 'stage_2_train_labels.csv'), { columns: RSNA_LABEL_COLUMNS, signal }),
    classes === undefined ? [] : readCsv(classes, { columns: RSNA_CLASS_COLUMNS, signal }),
  );
  const splits = lists ? await readLists(lists, signal) : drawnSplits(patients.map(({ id }) => id));
  for (const { id, boxes } of patients) {
    signal?.throwIfAborted();
    if (units?.enter() === false) continue;
    const split = splits.get(id);
    if (split === undefined) {
      skips?.add('in no list');
      continue;
    }
    const images = await presentImages(root, [`stage_2_train_images/${id}.dcm`], skips);
    if (images.length > 0)
      yield { id, patient: id, split, images, labels: { Pneumonia: boxes.length > 0 ? 1 : 0 } };
  }
}
