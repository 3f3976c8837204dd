import { readdir, readFile } from 'node:fs/promises';
import type { StudySplit } from '../region-study.js';
import type { RclipStudy } from '../studies/rclip-study.js';
import { placeOf, type SourceOptions } from '../studies/source-options.js';
import { requireFile } from '../table/find-file.js';
import { readCsv } from '../table/read-csv.js';
import { NIH_COLUMNS, NIH_FINDINGS, readNihEntries, type NihEntry } from './entries.js';
import { parseNihList, splitNih } from './split.js';

const readList = async (root: string, name: string) =>
  parseNihList(await readFile(await requireFile(root, name), 'utf8'));

async function splitsOf(root: string, entries: ReadonlyMap<string, NihEntry>) {
  const listed = (await readList(root, 'train_val_list.txt')).flatMap((image) => entries.get(image) ?? []);
  const { train, valid } = splitNih(listed);
  const named = (films: readonly NihEntry[], split: StudySplit) =>
    films.map(({ image }) => [image, split] as const);
  const test = (await readList(root, 'test_list.txt')).map((image) => [image, 'test'] as const);
  return new Map<string, StudySplit>([...named(train, 'train'), ...named(valid, 'valid'), ...test]);
}

/** Folders with pictures: `images`, or the twelve archives as they unpack. */
async function pictureFolders(root: string): Promise<string[]> {
  const names = await readdir(root);
  const archives = names.filter((name) => /^images_\d+$/.test(name)).sort();
  return ['images', ...archives.map((name) => `${name}/images`)];
}

/** A value for each of the 14 findings: what is not listed is taken as absent. */
const labelsOf = ({ labels }: NihEntry) =>
  Object.fromEntries(NIH_FINDINGS.map((name) => [name, labels.includes(name) ? 1 : 0] as const));

/**
 * The films of NIH ChestX-ray14 as studies with 14 labels: the official test list, and train_val divided by patient as CXR-CLIP does.
 *
 * Source: docs/reference/datasets.md#nih-chestx-ray14.
 * @param root the folder with `Data_Entry_2017_v2020.csv` (or the older one), both lists, and `images` or `images_001` and so on
 * @throws {@link DataError} with file and line for a row that cannot be used
 */
export async function* readNihStudies(
  root: string,
  { skips, units, signal }: SourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const file = await requireFile(root, 'Data_Entry_2017_v2020.csv', 'Data_Entry_2017.csv');
  const entries = new Map<string, NihEntry>();
  for await (const entry of readNihEntries(readCsv(file, { columns: NIH_COLUMNS, signal })))
    entries.set(entry.image, entry);
  const splits = await splitsOf(root, entries);
  const folders = await pictureFolders(root);
  for (const entry of entries.values()) {
    signal?.throwIfAborted();
    if (units?.enter() === false) continue;
    const split = splits.get(entry.image);
    const picture =
      split &&
      (await placeOf(
        root,
        folders.map((folder) => `${folder}/${entry.image}`),
      ));
    if (split === undefined) skips?.add('in no list');
    else if (picture === undefined) skips?.add('image file missing');
    else
      yield {
        id: entry.image,
        patient: String(entry.patient),
        split,
        images: [picture],
        views: [entry.view],
        labels: labelsOf(entry),
      };
  }
}
