import type { StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { presentImages, type SourceOptions } from '../studies/source-options.js';
import { optionalCell } from '../table/csv-row.js';
import { findFile, requireFile } from '../table/find-file.js';
import { readCsv } from '../table/read-csv.js';
import { FIVE_BY_200_COLUMNS, FIVE_BY_200_LABELS, parseFiveBy200Record } from './five-by-200.js';
import {
  CHEXPERT_COLUMNS,
  CHEXPERT_LABELS,
  personAndStudy,
  readChexpertStudies,
  readFiveBy200Patients,
} from './studies.js';
import { toLabels, type LabelPolicy } from './to-labels.js';

/** How {@link readChexpertRclipStudies} reads. */
export type ChexpertSourceOptions = SourceOptions & LabelPolicy;

const FOLDER = 'CheXpert-v1.0';

async function* labelledStudies(
  root: string,
  file: string,
  split: StudySplit,
  excluded: ReadonlySet<string>,
  options: ChexpertSourceOptions,
): AsyncGenerator<RclipStudy> {
  const { signal, skips, units } = options;
  units?.leave();
  const rows = readCsv(file, { columns: CHEXPERT_COLUMNS, signal });
  for (const { patient, study, films, states } of await readChexpertStudies(rows, excluded, skips)) {
    signal?.throwIfAborted();
    if (units?.enter() === false) continue;
    const labels = toLabels(states, CHEXPERT_LABELS, options);
    const present: { readonly image: string; readonly view: string | null }[] = [];
    for (const { path, view } of films)
      for (const image of await presentImages(root, [path], skips)) present.push({ image, view });
    if (Object.keys(labels).length === 0) skips?.add('no label');
    else if (present.length > 0)
      yield {
        id: `${patient}/${study}`,
        patient,
        split,
        images: present.map(({ image }) => image),
        views: present.map(({ view }) => view),
        labels,
      };
  }
}

async function* fiveBy200Studies(
  root: string,
  file: string,
  { signal, skips, units }: ChexpertSourceOptions,
): AsyncGenerator<RclipStudy> {
  for await (const row of readCsv(file, { columns: FIVE_BY_200_COLUMNS, signal })) {
    if (units?.enter() === false) continue;
    const { image, text } = parseFiveBy200Record(row);
    const images = await presentImages(root, [image], skips);
    const labels = FIVE_BY_200_LABELS.map(
      (name) => [name, Number(optionalCell(row, name)) === 1 ? 1 : 0] as const,
    );
    if (images.length === 0) continue;
    const { patient } = personAndStudy(image, row.where);
    const sections = text.trim() === '' ? undefined : [text];
    yield { id: image, patient, split: 'test', images, sections, labels: Object.fromEntries(labels) };
  }
}

/**
 * The studies of CheXpert: `train.csv` for training without the patients of `chexpert_5x200.csv`, `valid.csv` for validation where it is there, and
 * CheXpert 5x200, where it is there, with its texts for testing.
 *
 * Source: docs/reference/datasets.md#chexpert.
 * @param root the folder that holds `CheXpert-v1.0` and `chexpert_5x200.csv`
 * @throws {@link DataError} with file and line for a row that cannot be used
 */
export async function* readChexpertRclipStudies(
  root: string,
  options: ChexpertSourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const { signal } = options;
  const test = await findFile(root, 'chexpert_5x200.csv');
  const excluded = test
    ? await readFiveBy200Patients(readCsv(test, { columns: FIVE_BY_200_COLUMNS, signal }))
    : new Set<string>();
  const train = await requireFile(root, `${FOLDER}/train.csv`, 'train.csv');
  yield* labelledStudies(root, train, 'train', excluded, options);
  const valid = await findFile(root, `${FOLDER}/valid.csv`, 'valid.csv');
  if (valid !== undefined) yield* labelledStudies(root, valid, 'valid', excluded, options);
  if (test !== undefined) yield* fiveBy200Studies(root, test, options);
}
