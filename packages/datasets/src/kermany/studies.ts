import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import type { RclipStudy } from '../studies/rclip-study.js';
import type { SourceOptions } from '../studies/source-options.js';

/** Tested films first: a patient whom several folders hold stays there, out of training. */
const FOLDERS = [
  ['test', 'test'],
  ['val', 'valid'],
  ['train', 'train'],
] as const;
const CLASSES = [
  ['NORMAL', 0],
  ['PNEUMONIA', 1],
] as const;

const PICTURE = /\.(jpe?g|png)$/i;
const ILL = /^(person\d+_(?:bacteria|virus))_\d+\./;
const NORMAL = /^((?:NORMAL2-)?IM-\d+)-/;

/**
 * The patient that a file is named after; undefined where the name says none. `person1_bacteria` and `person1_virus` count as two.
 *
 * Source: docs/reference/datasets.md#kermany.
 */
export const kermanyPatient = (file: string): string | undefined =>
  (ILL.exec(file) ?? NORMAL.exec(file))?.[1];

async function picturesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new DataError(`${folder}: expected a folder of pictures, got none; name the folder as published.`, {
      cause,
    });
  });
  return names.filter((name) => PICTURE.test(name) && !name.startsWith('.')).sort();
}

/**
 * The children's films of Kermany as studies with the label `Pneumonia`, a study a picture. Pictures of a patient of another split are left out of the
 * later one of test, validation, training.
 *
 * Source: docs/reference/datasets.md#kermany.
 * @param root the folder with `train`, `val` and `test`
 * @throws {@link DataError} where a folder is missing
 */
export async function* readKermanyStudies(
  root: string,
  { skips, units, signal }: SourceOptions = {},
): AsyncGenerator<RclipStudy> {
  const owners = new Map<string, string>();
  for (const [folder, split] of FOLDERS)
    for (const [className, label] of CLASSES)
      for (const name of await picturesIn(path.join(root, folder, className))) {
        signal?.throwIfAborted();
        const patient = kermanyPatient(name);
        const owner = patient === undefined ? split : (owners.get(patient) ?? split);
        if (patient !== undefined) owners.set(patient, owner);
        if (units?.enter() === false) continue;
        if (owner !== split) {
          skips?.add(`patient of the split ${owner}`);
          continue;
        }
        const image = path.join(root, folder, className, name);
        yield {
          id: `${folder}/${className}/${name}`,
          patient,
          split,
          images: [image],
          labels: { Pneumonia: label },
        };
      }
}
