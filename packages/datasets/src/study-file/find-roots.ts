import { stat } from 'node:fs/promises';
import { DataError } from '@crrg/core';
import type { ImagenomeRoots } from '../imagenome/roots.js';
import type { MimicRoots } from '../mimic/rclip-studies.js';
import { joinPath } from '../rrg/row.js';

/** Where downloads of PhysioNet put a data set below a folder, and what marks it. */
const PLACES: Readonly<
  Record<
    keyof ImagenomeRoots,
    { readonly mark: string; readonly folders: readonly string[]; readonly what: string }
  >
> = {
  imagenome: {
    what: 'Chest ImaGenome',
    mark: 'silver_dataset/splits',
    folders: ['', 'imagenome', 'chest-imagenome', 'chest-imagenome/1.0.0'],
  },
  reports: {
    what: 'MIMIC-CXR',
    mark: 'files',
    folders: ['mimic-cxr', 'mimic/mimic-cxr', 'mimic-cxr/2.1.0', 'mimic-cxr/2.0.0'],
  },
  pictures: {
    what: 'MIMIC-CXR-JPG',
    mark: 'files',
    folders: ['mimic-cxr-jpg', 'mimic/mimic-cxr-jpg', 'mimic-cxr-jpg/2.1.0', 'mimic-cxr-jpg/2.0.0'],
  },
};

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function findRoot(root: string, kind: keyof ImagenomeRoots): Promise<string> {
  const { mark, folders, what } = PLACES[kind];
  for (const base of [root, joinPath(root, 'physionet.org/files')])
    for (const folder of folders) {
      const path = folder === '' ? base : joinPath(base, folder);
      if (await isThere(joinPath(path, mark))) return path;
    }
  throw new DataError(
    `${root}: expected the folder of ${what} (with ${mark}) in one of ${folders.filter(Boolean).join(', ')}, got none; name it with an option of its own.`,
  );
}

/**
 * The folders of the three data sets below one, as PhysioNet names them.
 * @param known folders that are named already
 * @throws {@link DataError} where one is not found
 */
export async function findImagenomeRoots(
  root: string,
  known: Partial<Record<keyof ImagenomeRoots, string | undefined>> = {},
): Promise<ImagenomeRoots> {
  return {
    imagenome: known.imagenome ?? (await findRoot(root, 'imagenome')),
    ...(await findMimicRoots(root, known)),
  };
}

/**
 * The folders of MIMIC-CXR and MIMIC-CXR-JPG below one, as PhysioNet names them.
 * @param known folders that are named already
 * @throws {@link DataError} where one is not found
 */
export async function findMimicRoots(
  root: string,
  known: Partial<Record<keyof MimicRoots, string | undefined>> = {},
): Promise<MimicRoots> {
  return {
    reports: known.reports ?? (await findRoot(root, 'reports')),
    pictures: known.pictures ?? (await findRoot(root, 'pictures')),
  };
}
